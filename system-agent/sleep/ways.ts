import { AgentError } from '#shared/errors.ts';
import type { SleepMode } from './sleep.ts';

/** One way to make a system sleep. */
export interface Way {
  supports(mode: SleepMode): Promise<boolean>;
  /** @throws {AgentError} 'failed' it did not work: the next way is tried; any other error ends the matter */
  enter(mode: SleepMode): Promise<void>;
}

/**
 * Tries the ways that support the mode until one works. QEMU's agent forgets the error of a way when a later one is not
 * supported, and then looks as if it had succeeded; here the last error is told.
 *
 * @throws {AgentError} 'unsupported' when no way supports the mode, else what the last one threw
 */
export async function sleepBy(ways: readonly Way[], mode: SleepMode): Promise<void> {
  let last: AgentError = new AgentError('unsupported', NOT_SUPPORTED);
  for (const way of ways) {
    if (!(await way.supports(mode))) continue;
    try {
      await way.enter(mode);
      return;
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'failed') throw error;
      last = error;
    }
  }
  throw last;
}

/** QEMU's words. */
const NOT_SUPPORTED = 'the requested suspend mode is not supported by the guest';
