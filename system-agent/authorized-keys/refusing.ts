import { AgentError } from '#shared/errors.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';

/** Reads and changes nothing: for the demonstration and for tests on a machine that somebody needs. */
export function refusingAuthorizedKeys({ list }: Pick<AuthorizedKeys, 'list'>): AuthorizedKeys {
  return { list, add: refuse, remove: refuse };
}

function refuse(): Promise<never> {
  return Promise.reject(new AgentError('refused', 'changes to this machine are switched off'));
}
