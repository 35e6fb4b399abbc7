import { object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetDiskstats = defineCommand({
  name: 'guest-get-diskstats',
  since: '7.1',
  summary: 'Counters of every disk and partition since the system started.',
  testedBy: 'between two answers of qemu-ga',
  args: object({}),
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
