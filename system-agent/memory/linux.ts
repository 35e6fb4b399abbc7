import { readFileSync } from 'node:fs';
import type { Memory } from './memory.ts';
import { parseMemory } from './proc.ts';

export const linuxMemory: Memory = {
  sample: () => parseMemory(readFileSync('/proc/meminfo', 'latin1'), readFileSync('/proc/vmstat', 'latin1')),
};
