import { boolean, listOf, object, optional, struct, uint64 } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const memoryBlock = struct('GuestMemoryBlock', {
  'phys-index': uint64,
  online: boolean,
  'can-offline': optional(boolean),
});

export const guestGetMemoryBlocks = defineCommand({
  name: 'guest-get-memory-blocks',
  since: '2.3',
  summary: 'Blocks of memory, which of them are in use, and which can be switched off.',
  worksWhere: 'a kernel with memory hotplug',
  testedBy: 'same rows as qemu-ga',
  args: object({}),
  result: listOf(memoryBlock),
  errors: ['the system does not tell'],
  needs: ['memoryBlocks'],
  readOnly: true,

  run: async (_args, { memoryBlocks }) =>
    (await memoryBlocks.list()).map(({ index, online, canOffline }) => ({
      'phys-index': index,
      online,
      'can-offline': canOffline,
    })),
});
