import { AgentError } from '#shared/errors.ts';
import type { CpuSwitch } from './cpus.ts';

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingCpuSwitch: CpuSwitch = {
  setOnline: () => Promise.reject(new AgentError('refused', 'changes to this machine are switched off')),
};
