import { int64, object, optional, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetTimezone = defineCommand({
  name: 'guest-get-timezone',
  since: '2.10',
  summary: 'Abbreviation of the time zone in force and its seconds east of UTC.',
  testedBy: 'same bytes as qemu-ga',
  args: object({}),
  result: struct('GuestTimezone', { zone: optional(string), offset: int64 }),
  needs: ['clock'],
  readOnly: true,

  run(_args, { clock }) {
    const { zone, offsetSeconds } = clock.timezone();
    return { zone, offset: offsetSeconds };
  },
});
