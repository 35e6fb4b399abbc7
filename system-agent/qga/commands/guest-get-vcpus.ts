import { boolean, int64, listOf, object, optional, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const logicalProcessor = struct('GuestLogicalProcessor', {
  'logical-id': int64,
  online: boolean,
  'can-offline': optional(boolean),
});

export const guestGetVcpus = defineCommand({
  name: 'guest-get-vcpus',
  since: '1.5',
  summary: 'Processors, which of them run, and which can be switched off.',
  testedBy: 'same rows as qemu-ga; `virsh guestvcpus`',
  args: object({}),
  result: listOf(logicalProcessor),
  errors: ['the system does not tell'],
  needs: ['cpus'],
  readOnly: true,

  run: async (_args, { cpus }) =>
    (await cpus.list()).map(({ id, online, canOffline }) => ({
      'logical-id': id,
      online,
      'can-offline': canOffline,
    })),
});
