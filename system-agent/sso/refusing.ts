import { AgentError } from '#shared/errors.ts';
import type { Sso } from './sso.ts';

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingSso: Sso = {
  async offer({ password }) {
    password.wipe();
    throw new AgentError('refused', 'changes to this machine are switched off');
  },
  describe: () => ({ state: 'off', why: 'changes to this machine are switched off' }),
};
