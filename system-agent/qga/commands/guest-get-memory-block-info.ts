import { object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetMemoryBlockInfo = defineCommand({
  name: 'guest-get-memory-block-info',
  since: '2.3',
  summary: 'Size of a block of memory in bytes.',
  worksWhere: 'a kernel with memory hotplug',
  testedBy: 'same size as qemu-ga',
  args: object({}),
  needs: ['memoryBlocks'],
  readOnly: true,
  run: (_args, { memoryBlocks }) => ({ size: memoryBlocks.size() }),
});
