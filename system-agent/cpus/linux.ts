import { readFileSync } from 'node:fs';
import type { Cpus } from './cpus.ts';
import { countOfList } from './list.ts';

export const linuxCpus: Cpus = {
  online: () => countOfList(readFileSync('/sys/devices/system/cpu/online', 'latin1')),
};
