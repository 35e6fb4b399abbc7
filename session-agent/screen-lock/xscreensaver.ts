import { AgentError } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import { becomes, type Held, type Wait } from './held.ts';
import type { Programs } from './programs.ts';

/** Where its packages put it; xscreensaver-command(1). It has no interface on a bus. */
export const COMMAND = '/usr/bin/xscreensaver-command';
const ANSWER_MS = 2_000;

/**
 * @returns undefined if it is not installed, or does not run on this display
 * @throws {AgentError}
 */
export async function lockByXScreenSaver(programs: Programs, wait: Wait): Promise<Held | undefined> {
  const state = await ask(programs, '-time');
  if (state === undefined) return undefined;
  if (!isLocked(state)) await ask(programs, '-lock');
  if (await becomes(async () => isLocked((await ask(programs, '-time')) ?? ''), wait)) {
    return { by: 'xscreensaver', released: () => released(programs) };
  }
  throw new AgentError('failed', 'xscreensaver was asked and the screen is not locked');
}

/** "XScreenSaver 6.06: screen locked since Sun Nov 22 ..." */
function isLocked(state: string): boolean {
  return /\bscreen locked\b/.test(state);
}

/** @returns what it said, undefined if it failed */
async function ask(programs: Programs, option: string): Promise<string | undefined> {
  const lines: string[] = [];
  const { ended, kill } = programs.read([COMMAND, option], (line) => {
    if (lines.length < MAX_LINES) lines.push(line);
  });
  const deadline = after(ANSWER_MS, kill);
  const status = await ended;
  deadline[Symbol.dispose]();
  return status === 0 ? lines.join('\n') : undefined;
}

const MAX_LINES = 16;

/** `-watch` prints a line for each change until xscreensaver ends: "UNBLANK Sun Nov 22 ...". */
async function released(programs: Programs): Promise<void> {
  const watch = programs.read([COMMAND, '-watch'], (line) => {
    if (line.startsWith('UNBLANK')) watch.kill();
  });
  if (!isLocked((await ask(programs, '-time')) ?? '')) watch.kill(); // it was quicker than we
  await watch.ended;
}
