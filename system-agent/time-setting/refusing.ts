import { AgentError } from '#shared/errors.ts';
import type { TimeSetting } from './time-setting.ts';

/** For the demonstration and for tests on a machine that somebody needs. */
export const refusingTimeSetting: TimeSetting = { set: refuse, setFromHardware: refuse };

function refuse(): Promise<never> {
  return Promise.reject(new AgentError('refused', 'changes to this machine are switched off'));
}
