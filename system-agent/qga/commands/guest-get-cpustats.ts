import { enumeration, int64, listOf, object, optional, struct, uint64 } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

const cpuStats = struct('GuestCpuStats', {
  type: enumeration('GuestCpuStatsType', ['linux']),
  cpu: int64,
  user: uint64,
  nice: uint64,
  system: uint64,
  idle: uint64,
  iowait: optional(uint64),
  irq: optional(uint64),
  softirq: optional(uint64),
  steal: optional(uint64),
  guest: optional(uint64),
  guestnice: optional(uint64),
});

export const guestGetCpustats = defineCommand({
  name: 'guest-get-cpustats',
  since: '7.1',
  summary: 'What each running processor has spent its time on, in milliseconds.',
  testedBy: 'between two answers of qemu-ga',
  args: object({}),
  result: listOf(cpuStats),
  errors: ['the system does not tell'],
  needs: ['cpus'],
  readOnly: true,

  run: (_args, { cpus }) =>
    cpus.times().map((times) => ({
      type: 'linux',
      cpu: times.id,
      user: times.user,
      nice: times.nice,
      system: times.system,
      idle: times.idle,
      iowait: times.ioWait,
      irq: times.interrupts,
      softirq: times.softInterrupts,
      steal: times.stolen,
      guest: times.guest,
      guestnice: times.guestNice,
    })),
});
