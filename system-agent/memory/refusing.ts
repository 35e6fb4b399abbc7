import { AgentError } from '#shared/errors.ts';
import type { MemorySwitch } from './memory.ts';

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingMemorySwitch: MemorySwitch = {
  setOnline: () => Promise.reject(new AgentError('refused', 'changes to this machine are switched off')),
};
