import { messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { objectionToFile, ROOT_ALONE, type Trust } from '../hooks/files.ts';
import { runHook } from '../hooks/run.ts';
import { findLifecycleHooks } from './find.ts';
import { InOrder, type InOrderParts } from './in-order.ts';
import type { Happening, Lifecycle, LifecycleEvent } from './lifecycle.ts';

export interface LifecycleOptions extends Omit<InOrderParts, 'run'> {
  /** Each may have a folder for each event. Of two programs of one name that of the later folder runs. */
  readonly folders: readonly string[];
  readonly umask: number;
  readonly trust?: Trust;
}

/** Ends all hooks of an event; no single one has a limit of its own. */
const NO_LIMIT_MS = 2 ** 31 - 1;

export function linuxLifecycle({ folders, umask, trust = ROOT_ALONE, ...parts }: LifecycleOptions): Lifecycle {
  const { log } = parts;

  async function run({ event, failure }: Happening, signal: AbortSignal): Promise<void> {
    for (const file of find(folders, event, log)) {
      const objection = objectionTo(file, trust);
      if (objection !== undefined) {
        log.error('hook refused', { event, hook: file, reason: objection });
        continue;
      }
      if (signal.aborted) return log.warn('hook was not run: no time is left', { event, hook: file });
      const environment = { UGA_EVENT: event, UGA_FAILURE: String(failure) };
      const ended = await runHook({ file, args: [], environment, umask, timeoutMs: NO_LIMIT_MS, signal });
      ended.release();
      const { outcome, detail, output } = ended;
      const fields = { event, hook: file, outcome, detail, output };
      if (outcome === 'done') log.info('hook', fields);
      else log.warn('hook', fields);
    }
  }
  return new InOrder({ run, ...parts });
}

function find(folders: readonly string[], event: LifecycleEvent, log: Log): readonly string[] {
  try {
    return findLifecycleHooks(folders, event);
  } catch (error) {
    log.error('hooks cannot be found', { event, error });
    return [];
  }
}

function objectionTo(file: string, trust: Trust): string | undefined {
  try {
    return objectionToFile(file, trust);
  } catch (error) {
    return messageOf(error);
  }
}
