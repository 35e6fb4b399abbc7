import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseLoad, parseTimes } from '#system-agent/cpus/proc.ts';
import { processors } from '#system-agent/cpus/processors.ts';
import { memoryBlockSize, memoryBlocks } from '#system-agent/memory/blocks.ts';
import { fakeTree } from '#test/fakes/tree.ts';

const CPU = '/sys/devices/system/cpu';
const MEMORY = '/sys/devices/system/memory';

describe('processors', () => {
  it('without the file `online` a processor runs for ever', async () => {
    const tree = fakeTree({
      [`${CPU}/cpu0/topology/core_id`]: '0',
      [`${CPU}/cpufreq/boost`]: '1',
      [`${CPU}/cpu1/online`]: '1',
      [`${CPU}/cpu12/online`]: '0',
      [`${CPU}/online`]: '0-1',
    });
    assert.deepEqual(await processors(tree), [
      { id: 0n, online: true, canOffline: false },
      { id: 1n, online: true, canOffline: true },
      { id: 12n, online: false, canOffline: true },
    ]);
  });

  it('8192 of them are all told', async () => {
    const leaves = Array.from({ length: 8192 }, (_, id) => [`${CPU}/cpu${id}/online`, '1'] as const);
    assert.equal((await processors(fakeTree(Object.fromEntries(leaves)))).length, 8192);
  });

  it('times are milliseconds, and as many as the kernel has', () => {
    const text = 'cpu  1 2 3 4\ncpu0 1 2 3 4 5 6 7 8 9 1844674407370955161\ncpu10 1 2 3 4\nintr 5 6\n';
    assert.deepEqual(parseTimes(text), [
      {
        ...{ id: 0, user: 10n, nice: 20n, system: 30n, idle: 40n, ioWait: 50n, interrupts: 60n, softInterrupts: 70n },
        ...{ stolen: 80n, guest: 90n, guestNice: 18446744073709551610n },
      },
      {
        ...{ id: 10, user: 10n, nice: 20n, system: 30n, idle: 40n, ioWait: undefined, interrupts: undefined },
        ...{ softInterrupts: undefined, stolen: undefined, guest: undefined, guestNice: undefined },
      },
    ]);
    assert.throws(() => parseTimes('cpu0 1 2 3\n'), { code: 'malformed' });
    assert.deepEqual(parseTimes(''), []);
  });

  it('load', () => {
    assert.deepEqual(parseLoad('0.20 1.18 12.5 1/80 11206\n'), {
      oneMinute: 0.2,
      fiveMinutes: 1.18,
      fifteenMinutes: 12.5,
    });
    for (const text of ['', '1 2', 'a b c']) assert.throws(() => parseLoad(text), { code: 'malformed' }, text);
  });
});

describe('blocks of memory', () => {
  it('states', async () => {
    const block = (index: number, state?: string, removable?: string) => ({
      [`${MEMORY}/memory${index}/phys_device`]: '0',
      ...(state !== undefined && { [`${MEMORY}/memory${index}/state`]: state }),
      ...(removable !== undefined && { [`${MEMORY}/memory${index}/removable`]: removable }),
    });
    const tree = fakeTree({
      [`${MEMORY}/block_size_bytes`]: '8000000',
      ...block(0, 'online', '0'),
      ...block(1, 'online', '1'),
      ...block(33, 'offline', '1'),
      ...block(34, 'going-offline', '1'),
      ...block(35),
    });
    assert.deepEqual(
      (await memoryBlocks(tree)).map(({ index, online, canOffline }) => [index, online, canOffline]),
      [
        [0n, true, false],
        [1n, true, true],
        [33n, false, true],
        [34n, false, true],
        [35n, true, false],
      ],
    );
    assert.equal(memoryBlockSize(tree), 0x8000000n);
  });

  it('a size that is none is an error', () => {
    for (const size of ['', '0x80', '-1', 'fffffffffffffffff']) {
      assert.throws(
        () => memoryBlockSize(fakeTree({ [`${MEMORY}/block_size_bytes`]: size })),
        { code: 'malformed' },
        size,
      );
    }
  });
});
