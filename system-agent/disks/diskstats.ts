import type { DiskCounters, DiskStatistics } from './disks.ts';

type Counter = keyof DiskCounters;

/** Counters of a line in their order, as far as the kernel has them. Documentation/admin-guide/iostats.rst */
const COUNTERS: readonly Counter[] = [
  ...(['readIos', 'readMerges', 'readSectors', 'readTicks'] as const),
  ...(['writeIos', 'writeMerges', 'writeSectors', 'writeTicks'] as const),
  ...(['iosInProgress', 'totalTicks', 'weightTicks'] as const),
  ...(['discardIos', 'discardMerges', 'discardSectors', 'discardTicks'] as const),
  ...(['flushIos', 'flushTicks'] as const),
];
/** Partitions of kernels 2.6.0 to 2.6.24. */
const SHORT: readonly Counter[] = ['readIos', 'readSectors', 'writeIos', 'writeSectors'];

/** How many counters each generation of kernels has added up to: 2.6.25, 4.18, 5.5. */
const GENERATIONS = [17, 15, 11];

const LINE = /^ *(\d+) +(\d+) (\S+) (\d+(?: \d+)*) *$/gm;

/** @param text of /proc/diskstats: `254 0 vda 1 2 3 …`, a device a line; other lines are passed over */
export function parseDiskstats(text: string): readonly DiskStatistics[] {
  const devices: DiskStatistics[] = [];
  for (const [, major, minor, name = '', numbers = ''] of text.matchAll(LINE)) {
    const values = numbers.split(' ');
    const names = countersOf(values.length);
    if (names === undefined) continue;
    const counters: { [C in Counter]?: bigint } = {};
    for (const [index, counter] of names.entries()) counters[counter] = BigInt(values[index] ?? 0);
    devices.push({ name, major: Number(major), minor: Number(minor), ...counters });
  }
  return devices;
}

function countersOf(count: number): readonly Counter[] | undefined {
  const generation = GENERATIONS.find((size) => count >= size);
  if (generation !== undefined) return COUNTERS.slice(0, generation);
  return count === SHORT.length ? SHORT : undefined;
}
