import type { Configuration } from '../../config/read.ts';
import type { HookPlaces, HookScript } from './plan.ts';

/** Where hooks are by the configuration, ours and what qemu-ga was told. */
export function hookPlaces({ config, hooks }: Pick<Configuration, 'config' | 'hooks'>): HookPlaces {
  const { freezeHook: choice, hooksDirectory } = config;
  return {
    script: choice === 'auto' ? toldToQemuGa(hooks) : choice === 'off' ? undefined : { path: choice, required: true },
    directory: hooksDirectory === 'off' ? undefined : hooksDirectory,
  };
}

/** qemu-ga runs no script, not even its default one, unless it is switched on. */
function toldToQemuGa(hooks: Configuration['hooks']): HookScript | undefined {
  const hook = hooks.findLast(({ kind, place }) => kind === 'fsfreeze' && place !== undefined);
  return hook && { path: hook.path, required: false };
}
