import { AgentError } from '#shared/errors.ts';
import type { Files } from './files.ts';

/** For the demonstration and for tests on a machine that somebody needs: no file is opened, so no handle is known. */
export const refusingFiles: Files = {
  name: 'files',
  start: async () => {},
  stop: async () => {},
  open: () => Promise.reject(new AgentError('refused', 'changes to this machine are switched off')),
  close: unknown,
  read: unknown,
  write: unknown,
  seek: unknown,
  flush: unknown,
  check(handle) {
    throw notFound(handle);
  },
};

function unknown(handle: bigint): Promise<never> {
  return Promise.reject(notFound(handle));
}

function notFound(handle: bigint): AgentError {
  return new AgentError('not-found', `handle '${handle}' has not been found`);
}
