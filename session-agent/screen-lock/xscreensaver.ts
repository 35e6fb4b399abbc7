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
    return { by: 'xscreensaver', released: () => released(programs, wait) };
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

/**
 * `-watch` prints a line for each change: "UNBLANK Sun Nov 22 ...". It does not end with xscreensaver, so whether that still runs
 * is looked at now and then.
 */
async function released(programs: Programs, wait: Wait): Promise<void> {
  let isOver = false;
  const watch = programs.read([COMMAND, '-watch'], (line) => {
    if (line.startsWith('UNBLANK')) watch.kill();
  });
  const ended = watch.ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    // The first look, because it may have been quicker than we.
    if (!isLocked((await ask(programs, '-time')) ?? '')) watch.kill();
    await Promise.race([ended, wait(LOOK_MS)]);
  }
}

const LOOK_MS = 10_000;
