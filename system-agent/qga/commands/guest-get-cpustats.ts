import { object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetCpustats = defineCommand({
  name: 'guest-get-cpustats',
  since: '7.1',
  summary: 'What each running processor has spent its time on, in milliseconds.',
  testedBy: 'between two answers of qemu-ga',
  args: object({}),
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
