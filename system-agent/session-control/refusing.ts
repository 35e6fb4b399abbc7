import { AgentError } from '#shared/errors.ts';
import type { SessionControlSystem } from './session-control.ts';
import { listed } from './targets.ts';

/** For the demonstration and for tests on a machine that somebody needs: tells the sessions and does nothing to them. */
export const refusingSessionControl: SessionControlSystem = {
  over: (parts) => ({
    name: 'session-control',
    start: async () => {},
    stop: async () => {},
    list: () => listed(parts),
    lock: refuse,
    logOff: refuse,
  }),
};

function refuse(): Promise<never> {
  return Promise.reject(new AgentError('refused', 'changes to this machine are switched off'));
}
