import { readText } from '#shared/files.ts';
import type { Tree } from '#shared/tree/tree.ts';
import { blockDevices, underlayOf } from './block-devices.ts';
import type { Disks } from './disks.ts';
import { parseDiskstats } from './diskstats.ts';

export function linuxDisks(tree: Tree): Disks {
  return {
    list: () => blockDevices(tree),
    under: (device) => underlayOf(tree, device),
    statistics: () => parseDiskstats(readText('/proc/diskstats')),
  };
}
