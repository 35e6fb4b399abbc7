import { number, object, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetLoad = defineCommand({
  name: 'guest-get-load',
  since: '10.0',
  summary: 'Load averages of the last 1, 5 and 15 minutes.',
  testedBy: 'the values of /proc/loadavg',
  args: object({}),
  result: struct('GuestLoadAverage', { load1m: number, load5m: number, load15m: number }),
  errors: ['the system does not tell'],
  needs: ['cpus'],
  readOnly: true,

  run(_args, { cpus }) {
    const { oneMinute, fiveMinutes, fifteenMinutes } = cpus.load();
    return { load1m: oneMinute, load5m: fiveMinutes, load15m: fifteenMinutes };
  },
});
