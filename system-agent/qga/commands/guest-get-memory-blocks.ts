import { object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetMemoryBlocks = defineCommand({
  name: 'guest-get-memory-blocks',
  since: '2.3',
  summary: 'Blocks of memory, which of them are in use, and which can be switched off.',
  worksWhere: 'a kernel with memory hotplug',
  testedBy: 'same rows as qemu-ga',
  args: object({}),
  needs: ['memoryBlocks'],
  readOnly: true,

  run: async (_args, { memoryBlocks }) =>
    (await memoryBlocks.list()).map(({ index, online, canOffline }) => ({
      'phys-index': index,
      online,
      'can-offline': canOffline,
    })),
});
