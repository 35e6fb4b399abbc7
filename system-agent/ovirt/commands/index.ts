import type { Command } from '../command.ts';
import { apiVersion } from './api-version.ts';
import { echo } from './echo.ts';
import { lockScreen } from './lock-screen.ts';
import { logOff } from './log-off.ts';
import { refresh } from './refresh.ts';
import { shutdown } from './shutdown.ts';

export const commands: readonly Command[] = [apiVersion, echo, lockScreen, logOff, refresh, shutdown];

/** Commands of the protocol that this build does not have; hosts send them and expect no answer. */
export const commandsOfOthers: ReadonlySet<string> = new Set([
  'hibernate',
  'lifecycle-event',
  'login',
  'set-number-of-cpus',
]);
