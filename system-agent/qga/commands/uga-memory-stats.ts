import { int64, object, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

const memoryStats = struct('UgaMemoryStats', {
  total: int64,
  free: int64,
  buffers: int64,
  cached: int64,
  'swap-total': int64,
  'swap-free': int64,
  'pages-swapped-in': int64,
  'pages-swapped-out': int64,
  'page-faults': int64,
  'major-page-faults': int64,
});

const BYTES_PER_KIB = 1024;

export const ugaMemoryStats = defineCommand({
  name: 'uga-memory-stats',
  since: 'uga 0.1',
  summary: 'How the memory is used, in bytes, and what became of pages since the system started.',
  testedBy: 'beside /proc/meminfo and /proc/vmstat',
  args: object({}),
  result: memoryStats,
  errors: ['the system does not tell'],
  needs: ['memory'],
  readOnly: true,

  run(_args, { memory }) {
    const sample = memory.sample();
    return {
      total: sample.totalKib * BYTES_PER_KIB,
      free: sample.freeKib * BYTES_PER_KIB,
      buffers: sample.buffersKib * BYTES_PER_KIB,
      cached: sample.cachedKib * BYTES_PER_KIB,
      'swap-total': sample.swapTotalKib * BYTES_PER_KIB,
      'swap-free': sample.swapFreeKib * BYTES_PER_KIB,
      'pages-swapped-in': sample.pagesSwappedIn,
      'pages-swapped-out': sample.pagesSwappedOut,
      'page-faults': sample.pageFaults,
      'major-page-faults': sample.majorPageFaults,
    };
  },
});
