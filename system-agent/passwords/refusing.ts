import { AgentError } from '#shared/errors.ts';
import type { Passwords } from './passwords.ts';

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingPasswords: Passwords = {
  set: () => Promise.reject(new AgentError('refused', 'changes to this machine are switched off')),
};
