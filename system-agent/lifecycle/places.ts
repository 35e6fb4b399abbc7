import type { Config } from '../config/config.ts';
import { OVIRT_HOOKS } from '../config/originals/ovirt.ts';

/** Where hooks for migration and hibernation are: those of the original agent, then our own. */
export function lifecycleFolders({ honourOriginals, lifecycleDirectory }: Config): readonly string[] {
  return [...(honourOriginals ? [OVIRT_HOOKS] : []), ...(lifecycleDirectory === 'off' ? [] : [lifecycleDirectory])];
}
