import type { PointerLayoutPort } from '../../backend.ts';
import { monitorWays } from '../monitors/ways.ts';
import type { Way } from '../way.ts';
import { xdgOutputWay } from './xdg-output.ts';

/** Best first: whoever arranges displays knows where they are, and which is which. */
export const pointerLayoutWays: readonly Way<PointerLayoutPort>[] = [...monitorWays, xdgOutputWay];
