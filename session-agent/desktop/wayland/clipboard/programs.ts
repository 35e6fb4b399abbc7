import { readFileSync } from 'node:fs';
import { AgentError } from '#shared/errors.ts';
import type { ClipboardPort } from '../../backend.ts';
import type { Way } from '../way.ts';
import { type PlainText, PolledClipboard, tryOnce } from './polled.ts';

/** They wait for the focus, and a window that does not get it waits for ever. */
const ANSWER_MS = 10_000;
const PROGRAMS: ReadonlySet<string> = new Set(['wl-copy', 'wl-paste']);

/**
 * By wl-copy and wl-paste, which clipboardy starts. Where the compositor has no data-control they show a window for a moment and take
 * the focus; so it is not taken unless the session's user or administrator has said so.
 */
export const programs: Way<ClipboardPort> = {
  name: 'wl-copy and wl-paste, once a second',
  globals: [],

  async open({ pollsClipboard, log }) {
    if (!pollsClipboard) throw new AgentError('unsupported', 'not wanted (--poll-clipboard)');
    const { default: clipboardy } = await import('clipboardy');
    const plain: PlainText = {
      read: () => ended(clipboardy.read()),
      write: (text) => ended(clipboardy.write(text)),
    };
    await tryOnce(plain);
    const port = new PolledClipboard(plain, log);
    return { port, [Symbol.asyncDispose]: () => port[Symbol.asyncDispose]() };
  },
};

/** clipboardy waits for its program as long as that runs, and says nothing of which one it is. */
async function ended<T>(work: Promise<T>): Promise<T> {
  const deadline = setTimeout(endPrograms, ANSWER_MS).unref();
  try {
    return await work;
  } finally {
    clearTimeout(deadline);
  }
}

/** A child keeps its number until we have heard of its end, so no other process is met. proc(5), /proc/PID/task/TID/children */
function endPrograms(): void {
  const { pid } = process;
  try {
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')) {
      if (child === '' || !PROGRAMS.has(readFileSync(`/proc/${child}/comm`, 'latin1').trim())) continue;
      process.kill(Number(child), 'SIGKILL');
    }
  } catch {
    // A kernel that does not tell (CONFIG_PROC_CHILDREN): it is waited for, and the rest of the agent works.
  }
}
