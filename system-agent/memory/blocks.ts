import { AgentError } from '#shared/errors.ts';
import { mapInSlices } from '#shared/lifecycle/slices.ts';
import type { Tree } from '#shared/tree/tree.ts';
import type { MemoryBlock } from './memory.ts';

export const BLOCKS = '/sys/devices/system/memory';

/** Source: Documentation/admin-guide/mm/memory-hotplug.rst. A kernel without `removable` cannot switch memory off. */
export function memoryBlocks(tree: Tree): Promise<readonly MemoryBlock[]> {
  const indexes = (tree.list(BLOCKS) ?? []).flatMap(({ name }) => /^memory(\d+)$/.exec(name)?.[1] ?? []);
  return mapInSlices(indexes, (index) => {
    const file = (name: string) => tree.read(`${BLOCKS}/memory${index}/${name}`);
    return {
      index: BigInt(index),
      online: isOnline(file('state') ?? 'online'),
      canOffline: (file('removable') ?? '0') !== '0',
    };
  });
}

/** @param state "online", "offline" or "going-offline" */
export function isOnline(state: string): boolean {
  return state.startsWith('online');
}

/** @throws {AgentError} 'malformed' */
export function memoryBlockSize(tree: Tree): bigint {
  const digits = tree.read(`${BLOCKS}/block_size_bytes`) ?? '';
  if (!/^[0-9a-f]{1,16}$/i.test(digits)) throw new AgentError('malformed', `the size of a memory block is '${digits}'`);
  return BigInt(`0x${digits}`);
}
