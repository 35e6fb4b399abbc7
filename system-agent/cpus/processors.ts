import { mapInSlices } from '#shared/lifecycle/slices.ts';
import type { Tree } from '#shared/tree/tree.ts';
import type { Processor } from './cpus.ts';

export const CPUS = '/sys/devices/system/cpu';

/** A processor without the file `online` cannot be switched off. Documentation/ABI/testing/sysfs-devices-system-cpu */
export function processors(tree: Tree): Promise<readonly Processor[]> {
  const ids = (tree.list(CPUS) ?? []).flatMap(({ name }) => /^cpu(\d+)$/.exec(name)?.[1] ?? []);
  return mapInSlices(ids, (id) => {
    const state = tree.read(`${CPUS}/cpu${id}/online`);
    return { id: BigInt(id), online: state !== '0', canOffline: state !== undefined };
  });
}
