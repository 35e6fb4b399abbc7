import { listOf, object, optional, string, struct, uint64 } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

const diskStats = struct('GuestDiskStats', {
  'read-ios': optional(uint64),
  'read-merges': optional(uint64),
  'read-sectors': optional(uint64),
  'read-ticks': optional(uint64),
  'write-ios': optional(uint64),
  'write-merges': optional(uint64),
  'write-sectors': optional(uint64),
  'write-ticks': optional(uint64),
  'ios-pgr': optional(uint64),
  'total-ticks': optional(uint64),
  'weight-ticks': optional(uint64),
  'discard-ios': optional(uint64),
  'discard-merges': optional(uint64),
  'discard-sectors': optional(uint64),
  'discard-ticks': optional(uint64),
  'flush-ios': optional(uint64),
  'flush-ticks': optional(uint64),
});

const diskStatsInfo = struct('GuestDiskStatsInfo', { name: string, major: uint64, minor: uint64, stats: diskStats });

export const guestGetDiskstats = defineCommand({
  name: 'guest-get-diskstats',
  since: '7.1',
  summary: 'Counters of every disk and partition since the system started.',
  testedBy: 'between two answers of qemu-ga',
  args: object({}),
  result: listOf(diskStatsInfo),
  errors: ['the system does not tell'],
  needs: ['disks'],
  readOnly: true,

  run: (_args, { disks }) =>
    disks.statistics().map(({ name, major, minor, ...counters }) => ({
      name,
      major,
      minor,
      stats: {
        'read-ios': counters.readIos,
        'read-merges': counters.readMerges,
        'read-sectors': counters.readSectors,
        'read-ticks': counters.readTicks,
        'write-ios': counters.writeIos,
        'write-merges': counters.writeMerges,
        'write-sectors': counters.writeSectors,
        'write-ticks': counters.writeTicks,
        'ios-pgr': counters.iosInProgress,
        'total-ticks': counters.totalTicks,
        'weight-ticks': counters.weightTicks,
        'discard-ios': counters.discardIos,
        'discard-merges': counters.discardMerges,
        'discard-sectors': counters.discardSectors,
        'discard-ticks': counters.discardTicks,
        'flush-ios': counters.flushIos,
        'flush-ticks': counters.flushTicks,
      },
    })),
});
