import { int64, object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestSync = defineCommand({
  name: 'guest-sync',
  since: '0.15',
  summary: 'Echo a number, so that a client finds the reply that is its own.',
  testedBy: 'same bytes as qemu-ga; a byte gone wrong at every position of a dialogue',
  args: object({ id: int64 }),
  result: int64,
  needs: [],
  readOnly: true,
  run: ({ id }) => id,
});
