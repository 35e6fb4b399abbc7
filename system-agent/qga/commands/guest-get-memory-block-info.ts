import { object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetMemoryBlockInfo = defineCommand({
  name: 'guest-get-memory-block-info',
  since: '2.3',
  summary: 'Size of a block of memory in bytes.',
  args: object({}),
  needs: ['memoryBlocks'],
  readOnly: true,
  run: (_args, { memoryBlocks }) => ({ size: memoryBlocks.size() }),
});
