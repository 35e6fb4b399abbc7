import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';

/** A machine that is busy starting a desktop. */
const FULL_MS = 30_000;
const AGAIN_MS = 200;
const READ_BYTES = 64 * 1024;
/** More than one part of a content, which would else wait for the former part's end. */
const HIGH_WATER = 4 * 1024 * 1024;

/**
 * Connects to a display's socket. A server that its compositor starts when the first client comes, as Xwayland is, has room
 * for few until it is up, and whoever does not block in connect(2), as Xlib does, is told EAGAIN: waits for room.
 * @param heard what the display says, valid during the call only; the socket itself says nothing of it
 * @throws {AgentError} 'failed' nobody is there, or there is no room for too long; 'cancelled'
 */
export async function reach(path: string, signal: AbortSignal, heard: (bytes: Uint8Array) => void): Promise<Socket> {
  const deadline = performance.now() + FULL_MS;
  for (;;) {
    try {
      return await attempt(path, heard);
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

function attempt(path: string, heard: (bytes: Uint8Array) => void): Promise<Socket> {
  const callback = (count: number, bytes: Uint8Array) => {
    heard(bytes.subarray(0, count));
    return true;
  };
  const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback };
  const options = { path, onread, writableHighWaterMark: HIGH_WATER };
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
