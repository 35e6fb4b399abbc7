import { int64, object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestSync = defineCommand({
  name: 'guest-sync',
  since: '0.15',
  summary: 'Echo a number, so that a client finds the reply that is its own.',
  args: object({ id: int64 }),
  needs: [],
  readOnly: true,
  run: ({ id }) => id,
});
