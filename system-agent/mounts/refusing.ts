import { AgentError } from '#shared/errors.ts';
import type { Trimmer } from './mounts.ts';

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingTrimmer: Trimmer = {
  trim: () => Promise.reject(new AgentError('refused', 'changes to this machine are switched off')),
};
