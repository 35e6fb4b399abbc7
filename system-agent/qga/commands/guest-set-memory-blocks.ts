import { array, enumeration, int64, listOf, object, optional, struct, uint64 } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';
import { memoryBlock } from './guest-get-memory-blocks.ts';

/** 8 TiB in blocks of 128 MiB; a larger machine has larger blocks. */
const MAX_BLOCKS = 65_536;

const response = struct('GuestMemoryBlockResponse', {
  'phys-index': uint64,
  response: enumeration('GuestMemoryBlockResponseType', [
    'success',
    'not-found',
    'operation-not-supported',
    'operation-failed',
  ]),
  'error-code': optional(int64),
});

export const guestSetMemoryBlocks = defineCommand({
  name: 'guest-set-memory-blocks',
  since: '2.3',
  summary: 'Switch blocks of memory on or off; tells for each how it went.',
  worksWhere: 'as root; a kernel with memory hotplug',
  testedBy: 'a block goes off and on in a guest; answers as qemu-ga',
  args: object({
    'mem-blks': array(memoryBlock, MAX_BLOCKS),
  }),
  result: listOf(response),
  needs: ['memorySwitch'],
  readOnly: false,

  async run({ 'mem-blks': blocks }, { memorySwitch }) {
    const results = [];
    for (const { 'phys-index': index, online } of blocks) {
      const result = await memorySwitch.setOnline(index, online);
      const errno = result.outcome === 'success' ? undefined : result.errno;
      results.push({ 'phys-index': index, response: result.outcome, 'error-code': errno });
    }
    return results;
  },
});
