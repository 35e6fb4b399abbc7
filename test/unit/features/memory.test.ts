import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import { describe, it } from 'node:test';
import { linuxMemory } from '#system-agent/memory/linux.ts';
import { parseMemory } from '#system-agent/memory/proc.ts';

const MEMINFO = `MemTotal:        8015168 kB
MemFree:          304520 kB
MemAvailable:    6158952 kB
Buffers:          418520 kB
Cached:          5132444 kB
SwapCached:            4 kB
SwapTotal:       2097148 kB
SwapFree:        2096120 kB
HugePages_Total:       0
`;
const VMSTAT = `nr_free_pages 76130
pgpgin 3
pswpin 12
pswpout 257
pgfault 982450411
pgmajfault 51234
pgmajfault_other 9
`;

describe('memory on Linux', () => {
  it('takes the lines of that very name', () => {
    assert.deepEqual(parseMemory(MEMINFO, VMSTAT), {
      totalKib: 8_015_168,
      freeKib: 304_520,
      buffersKib: 418_520,
      cachedKib: 5_132_444,
      swapTotalKib: 2_097_148,
      swapFreeKib: 2_096_120,
      pagesSwappedIn: 12,
      pagesSwappedOut: 257,
      pageFaults: 982_450_411,
      majorPageFaults: 51_234,
    });
  });

  it('says which line is missing', () => {
    assert.throws(() => parseMemory(MEMINFO.replace('Cached:', 'Gone:'), VMSTAT), {
      message: '/proc/meminfo has no Cached',
    });
    assert.throws(() => parseMemory(MEMINFO, ''), { message: '/proc/vmstat has no pswpin' });
  });

  it('is of this machine: its total, and never more free than there is', () => {
    const sample = linuxMemory.sample();
    assert.equal(sample.totalKib * 1024, totalmem());
    assert.ok(sample.freeKib + sample.buffersKib + sample.cachedKib <= sample.totalKib);
    assert.ok(sample.pageFaults > 0);
  });
});
