import { AgentError } from '#shared/errors.ts';
import type { Power } from './power.ts';

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingPower: Power = {
  shutdown: refuse,
  schedule: refuse,
};

function refuse(): Promise<never> {
  return Promise.reject(new AgentError('refused', 'changes to this machine are switched off'));
}
