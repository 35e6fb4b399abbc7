import { object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';
import { QEMU_VERSION } from '../version.ts';

export const guestInfo = defineCommand({
  name: 'guest-info',
  since: '0.15',
  summary: 'Version, and the commands that work here; those refused now are listed as not enabled.',
  testedBy: 'same members as qemu-ga; libvirt',
  args: object({}),
  needs: [],
  readOnly: true,
  run: (_args, _ports, call) => ({
    version: QEMU_VERSION,
    supported_commands: call.listCommands().map(({ name, enabled, silentOnSuccess }) => ({
      name,
      enabled,
      'success-response': !silentOnSuccess,
    })),
  }),
});
