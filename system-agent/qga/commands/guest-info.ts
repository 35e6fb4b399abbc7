import { boolean, listOf, object, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';
import { QEMU_VERSION } from '../version.ts';

const commandInfo = struct('GuestAgentCommandInfo', { name: string, enabled: boolean, 'success-response': boolean });

export const guestInfo = defineCommand({
  name: 'guest-info',
  since: '0.15',
  summary: 'Version, and the commands that work here; those refused now are listed as not enabled.',
  testedBy: 'same members as qemu-ga; libvirt',
  args: object({}),
  result: struct('GuestAgentInfo', { version: string, supported_commands: listOf(commandInfo) }),
  needs: [],
  readOnly: true,
  run: (_args, _ports, call) => ({
    version: QEMU_VERSION,
    supported_commands: call.listCommands().map(({ command, refusal }) => ({
      name: command.name,
      enabled: refusal === undefined,
      'success-response': !command.silentOnSuccess,
    })),
  }),
});
