import { chmodSync, closeSync, lstatSync, unlinkSync } from 'node:fs';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { connectUnix, listenUnix } from '#shared/native/unix-socket.ts';

export interface ListeningSocket {
  /** Non-blocking. */
  readonly fd: number;
  /** Also removes the file, unless somebody has put another in its place. */
  close(): void;
}

/**
 * Listens on a path where no living program does (S7); what a dead one has left is removed.
 * @param mode of the file; without it, it follows the umask
 * @throws {AgentError} 'failed'
 */
export function listenAt(path: string, backlog: number, mode?: number): ListeningSocket {
  try {
    removeStale(path);
    const fd = listenUnix(path, backlog);
    const file = lstatSync(path);
    const close = () => {
      closeSync(fd);
      const present = lstatSync(path, { throwIfNoEntry: false });
      if (present?.ino === file.ino && present.dev === file.dev) unlinkSync(path);
    };
    try {
      if (mode !== undefined) chmodSync(path, mode);
    } catch (error) {
      close();
      throw error;
    }
    return { fd, close };
  } catch (error) {
    if (error instanceof AgentError) throw error;
    throw new AgentError('failed', `cannot listen on ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** A socket file outlives its agent; one that answers belongs to an agent that lives, anything else is not ours to remove. */
function removeStale(path: string): void {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return;
  if (!file.isSocket()) throw new AgentError('failed', `cannot listen on ${path}: it exists and is no socket`);
  try {
    closeSync(connectUnix(path));
  } catch (error) {
    if (errnoOf(error) === 'ECONNREFUSED') return unlinkSync(path);
    if (errnoOf(error) !== 'EAGAIN') throw error; // EAGAIN: it lives, and too many clients wait
  }
  throw new AgentError('failed', `cannot listen on ${path}: another agent listens there`);
}
