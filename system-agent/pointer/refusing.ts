import { AgentError } from '#shared/errors.ts';
import type { PointerSystem } from './pointer.ts';

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingPointer: PointerSystem = {
  create() {
    throw new AgentError('refused', 'changes to this machine are switched off');
  },
  layout: () => undefined,
};
