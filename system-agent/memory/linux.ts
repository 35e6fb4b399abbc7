import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Tree } from '#shared/tree/tree.ts';
import { BLOCKS, isOnline, memoryBlockSize, memoryBlocks } from './blocks.ts';
import type { Memory, MemoryBlocks, MemorySwitch, MemorySwitchResult } from './memory.ts';
import { parseMemory } from './proc.ts';

export const linuxMemory: Memory = {
  sample: () => parseMemory(readFileSync('/proc/meminfo', 'latin1'), readFileSync('/proc/vmstat', 'latin1')),
};

/** @returns undefined on a kernel whose memory comes in one piece */
export function linuxMemoryBlocks(tree: Tree): MemoryBlocks | undefined {
  if (tree.list(BLOCKS) === undefined) return undefined;
  return { list: () => memoryBlocks(tree), size: () => memoryBlockSize(tree) };
}

/** @returns undefined as above */
export function linuxMemorySwitch(tree: Tree): MemorySwitch | undefined {
  if (tree.list(BLOCKS) === undefined) return undefined;
  return {
    async setOnline(index, online) {
      const folder = `${BLOCKS}/memory${index}`;
      if (tree.list(folder) === undefined) return { outcome: 'not-found', errno: constants.errno.ENOENT };
      try {
        const file = `${folder}/state`;
        // Written on a thread: the kernel moves what is in the block before it answers.
        if (isOnline(await readFile(file, 'latin1')) !== online) {
          await writeFile(file, online ? 'online' : 'offline', { flag: 'r+' });
        }
        return { outcome: 'success' };
      } catch (error) {
        return failure(error, online);
      }
    },
  };
}

function failure(error: unknown, online: boolean): MemorySwitchResult {
  const errno = error instanceof Error && 'errno' in error ? -Number(error.errno) : undefined;
  if (errno === undefined) throw error;
  // An old kernel's blocks have no state: they are in use for ever.
  if (errno !== constants.errno.ENOENT) return { outcome: 'operation-failed', errno };
  return online ? { outcome: 'success' } : { outcome: 'operation-not-supported', errno };
}
