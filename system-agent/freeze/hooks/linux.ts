import type { Log } from '#shared/log/log.ts';
import { ROOT_ALONE, type Trust } from '../../hooks/files.ts';
import type { FreezeHooks } from './hooks.ts';
import { findHooks, objectionToHook } from './inspect.ts';
import { OrderedHooks } from './ordered.ts';
import type { HookPlaces } from './plan.ts';
import { hookRunner, type RunOptions } from './run.ts';

export interface LinuxHooksOptions extends RunOptions {
  readonly places: HookPlaces;
  readonly trust?: Trust;
  readonly log: Log;
}

/** Looked for anew at each freeze; nothing is kept of what an administrator may change meanwhile. */
export function linuxFreezeHooks({ places, trust = ROOT_ALONE, log, ...options }: LinuxHooksOptions): FreezeHooks {
  return new OrderedHooks({
    find: () => findHooks(places),
    objectionTo: (hook) => objectionToHook(hook, trust),
    run: hookRunner(options),
    log,
  });
}
