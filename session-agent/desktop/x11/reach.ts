import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';

/** A machine that is busy starting a desktop. */
const FULL_MS = 30_000;
const AGAIN_MS = 200;

/**
 * Connects to a display's socket. A server that its compositor starts when the first client comes, as Xwayland is, has room
 * for few until it is up, and whoever does not block in connect(2), as Xlib does, is told EAGAIN: waits for room.
 * @throws {AgentError} 'failed' nobody is there, or there is no room for too long; 'cancelled'
 */
export async function reach(path: string, signal: AbortSignal): Promise<Socket> {
  const deadline = performance.now() + FULL_MS;
  for (;;) {
    try {
      return await attempt(path);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN' || performance.now() >= deadline) {
        throw new AgentError('failed', messageOf(error), { cause: error });
      }
    }
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => {
      throw new AgentError('cancelled', 'given up');
    });
  }
}

function attempt(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
