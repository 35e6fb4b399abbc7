import { object, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetHostName = defineCommand({
  name: 'guest-get-host-name',
  since: '2.10',
  summary: 'The name that gethostname(2) gives now.',
  testedBy: 'same bytes as qemu-ga',
  args: object({}),
  result: struct('GuestHostName', { 'host-name': string }),
  needs: ['inventory'],
  readOnly: true,
  run: (_args, { inventory }) => ({ 'host-name': inventory.hostName() }),
});
