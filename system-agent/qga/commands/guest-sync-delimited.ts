import { int64, object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestSyncDelimited = defineCommand({
  name: 'guest-sync-delimited',
  since: '1.1',
  summary: 'Echo a number behind the byte 0xFF, so that a client can skip everything before it.',
  testedBy: 'same bytes as qemu-ga; a byte gone wrong at every position of a dialogue',
  args: object({ id: int64 }),
  result: int64,
  needs: [],
  readOnly: true,
  delimited: true,
  run: ({ id }) => id,
});
