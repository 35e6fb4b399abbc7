import { object, struct, uint64 } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetMemoryBlockInfo = defineCommand({
  name: 'guest-get-memory-block-info',
  since: '2.3',
  summary: 'Size of a block of memory in bytes.',
  worksWhere: 'a kernel with memory hotplug',
  testedBy: 'same size as qemu-ga',
  args: object({}),
  result: struct('GuestMemoryBlockInfo', { size: uint64 }),
  errors: ['the system does not tell'],
  needs: ['memoryBlocks'],
  readOnly: true,
  run: (_args, { memoryBlocks }) => ({ size: memoryBlocks.size() }),
});
