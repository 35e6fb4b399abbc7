import { AgentError } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Freeze } from './freeze.ts';

const refuse = () => Promise.reject(new AgentError('refused', 'changes to this machine are switched off'));

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingFreeze: Freeze & Service = {
  name: 'freeze',
  start: async () => {},
  stop: async () => {},
  phase: 'thawed',
  freeze: refuse,
  thaw: refuse,
  renew: refuse,
  describe: () => ({ phase: 'thawed', fileSystems: [], leftOut: [], hooks: [] }),
  onChange: () => ({ [Symbol.dispose]: () => {} }),
  thawed: async () => {},
};
