import { AgentError } from '#shared/errors.ts';
import type { Sleep } from './sleep.ts';

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingSleep: Sleep = {
  sleep: () => Promise.reject(new AgentError('refused', 'changes to this machine are switched off')),
};
