import type { ClipboardPort } from '../../backend.ts';
import type { Way } from '../way.ts';
import { extDataControlWay, wlrDataControlWay } from './data-control.ts';
import { programs } from './programs.ts';
import { xwayland } from './xwayland.ts';

/** Best first. */
export const clipboardWays: readonly Way<ClipboardPort>[] = [extDataControlWay, wlrDataControlWay, xwayland, programs];
