import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDiskstats } from '#system-agent/disks/diskstats.ts';
import { parseUdevData, parseUevent } from '#system-agent/disks/udev.ts';

describe('diskstats', () => {
  const line = (count: number) => ` 254  1 vda1 ${Array.from({ length: count }, (_, index) => index + 1).join(' ')}\n`;

  for (const [kernel, count, last] of [
    ['5.5', 17, 'flushTicks'],
    ['4.18', 15, 'discardTicks'],
    ['2.6.25', 11, 'weightTicks'],
    ['a later one', 20, 'flushTicks'],
  ] as const) {
    it(`of kernel ${kernel}`, () => {
      const [row = assert.fail()] = parseDiskstats(line(count));
      const { name, major, minor, ...counters } = row;
      assert.deepEqual([name, major, minor], ['vda1', 254, 1]);
      assert.equal(Object.keys(counters).at(-1), last);
      assert.deepEqual(
        Object.values(counters),
        Array.from({ length: Math.min(count, 17) }, (_, index) => BigInt(index + 1)),
      );
    });
  }

  it('partitions of kernel 2.6 have four counters', () => {
    assert.deepEqual(parseDiskstats(line(4)), [
      { name: 'vda1', major: 254, minor: 1, readIos: 1n, readSectors: 2n, writeIos: 3n, writeSectors: 4n },
    ]);
  });

  it('64 bits are exact', () => {
    const [row] = parseDiskstats(`8 0 sda 18446744073709551615 ${'1 '.repeat(10)}`);
    assert.equal(row?.readIos, 18446744073709551615n);
  });

  it('anything else is passed over', () => {
    assert.deepEqual(parseDiskstats('\nnonsense\n8 0 sda 1 2 3 4 5 6 7\n8 0 sda 1 2 x 4\n'), []);
  });
});

describe('records of devices', () => {
  it('uevent', () => {
    assert.deepEqual(
      [...parseUevent('MAJOR=8\nDEVNAME=disk/a=b\n=x\nnonsense')],
      [
        ['MAJOR', '8'],
        ['DEVNAME', 'disk/a=b'],
      ],
    );
  });

  it('udev: properties only', () => {
    const text = 'S:disk/by-id/x\nL:10\nI:123\nE:ID_SERIAL=QEMU HARDDISK\nE:EMPTY=\nG:systemd\nV:1\n';
    assert.deepEqual(
      [...parseUdevData(text)],
      [
        ['ID_SERIAL', 'QEMU HARDDISK'],
        ['EMPTY', ''],
      ],
    );
  });
});
