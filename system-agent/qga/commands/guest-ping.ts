import { object } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';

export const guestPing = defineCommand({
  name: 'guest-ping',
  since: '0.15',
  summary: 'Answer with nothing, which shows that the agent lives.',
  testedBy: 'same bytes as qemu-ga; libvirt',
  args: object({}),
  result: nothing,
  needs: [],
  readOnly: true,
  run: () => undefined,
});
