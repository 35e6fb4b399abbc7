import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { connectUnix, unixPair } from '#shared/native/unix-socket.ts';
import type { Guard, GuardEvents } from '../system.ts';
import { GuardClient } from './client.ts';
import type { GuardPlace } from './place.ts';

/**
 * A guard of its own for each freeze, so that none runs in between.
 * @throws {AgentError} 'failed'
 */
export function startGuard({ socket, program }: GuardPlace, events: GuardEvents): Guard {
  try {
    return new GuardClient(connectUnix(socket), events);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw failed(error);
  }
  const [ours, theirs] = unixPair();
  try {
    // Its environment is empty: LISTEN_FDS in ours would speak of other descriptors.
    const guard = spawn(program, [], {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', theirs],
      env: {},
      cwd: '/',
    });
    guard.on('error', () => {}); // the socket's end tells the same
    guard.unref();
  } finally {
    closeSync(theirs);
  }
  return new GuardClient(ours, events);
}

function failed(cause: unknown): AgentError {
  return new AgentError('failed', `cannot reach the guard of the freeze: ${cause}`, { cause });
}
