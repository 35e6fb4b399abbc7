import { AgentError } from '#shared/errors.ts';
import type { Exec } from './exec.ts';

/** For the demonstration and for tests on a machine that somebody needs: nothing is started, so no process is known. */
export const refusingExec: Exec = {
  name: 'exec',
  start: async () => {},
  stop: async () => {},
  run: () => Promise.reject(new AgentError('refused', 'changes to this machine are switched off')),
  poll(pid) {
    throw new AgentError('not-found', `PID ${pid} does not exist`);
  },
};
