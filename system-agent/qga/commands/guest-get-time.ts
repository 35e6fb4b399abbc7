import { int64, object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetTime = defineCommand({
  name: 'guest-get-time',
  since: '1.5',
  summary: 'The system clock in nanoseconds since the epoch, UTC.',
  testedBy: 'a time between two answers of qemu-ga',
  args: object({}),
  result: int64,
  needs: ['clock'],
  readOnly: true,
  run: (_args, { clock }) => clock.systemTime(),
});
