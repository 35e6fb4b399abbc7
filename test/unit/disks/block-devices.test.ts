import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blockDevices, underlayOf } from '#system-agent/disks/block-devices.ts';
import { fakeTree, type Leaf } from '#test/fakes/tree.ts';
import { ADDRESSES, disk } from './machines.ts';

const VIRTUAL = 'virtual';

const below = ({ syspath }: { syspath: string }) => syspath.replace('/sys/devices/', '');

/** LVM on RAID on a virtio and an NVMe disk; a loop device with a partition, one without a size. */
const STACK = {
  ...ADDRESSES.virtio.disk,
  ...ADDRESSES.nvme.disk,
  ...disk({ major: 9, name: 'md0', at: VIRTUAL, slaves: [below(ADDRESSES.virtio), below(ADDRESSES.nvme)] }),
  ...disk({ major: 253, name: 'dm-0', at: VIRTUAL, slaves: ['virtual/block/md0'], properties: ['DM_NAME=vg-root'] }),
  ...disk({ major: 7, name: 'loop0', at: VIRTUAL, partitions: ['loop0p1'] }),
  ...disk({ major: 7, minor: 8, name: 'loop1', at: VIRTUAL, size: 0 }),
};

describe('block devices', () => {
  it('the latest first, partitions before their disk, without what has no size', async () => {
    const list = await blockDevices(fakeTree(STACK));
    assert.deepEqual(
      list.map(({ name, partition, dependencies, alias }) => [name, partition, dependencies, alias]),
      [
        ['/dev/loop0p1', true, ['/dev/loop0'], undefined],
        ['/dev/loop0', false, undefined, undefined],
        ['/dev/dm-0', false, ['/dev/md0'], 'vg-root'],
        ['/dev/md0', false, ['/dev/nvme0n1', '/dev/vda'], undefined],
        ['/dev/nvme0n1', false, undefined, undefined],
        ['/dev/vda', false, undefined, undefined],
      ],
    );
    assert.deepEqual(
      list.map(({ address }) => address?.busType),
      [undefined, undefined, undefined, undefined, 'nvme', 'virtio'],
    );
  });

  it('below a file system are the disks at the bottom', () => {
    const { name, disks } = underlayOf(fakeTree(STACK), { major: 253, minor: 0 });
    assert.equal(name, 'dm-0');
    assert.deepEqual(
      disks.map(({ device }) => device),
      ['/dev/nvme0n1', '/dev/vda'],
    );
  });

  it('a partition lies on itself; of a loop device nothing is known; a hidden device has its numbers for a name', () => {
    const tree = fakeTree({
      ...STACK,
      ...disk({
        major: 8,
        name: 'sda',
        at: 'pci0000:00/0000:00:07.0/host1/target1:0:0/1:0:0:0',
        partitions: ['sda1'],
      }),
    });
    assert.equal(underlayOf(tree, { major: 8, minor: 1 }).disks[0]?.device, '/dev/sda1');
    assert.deepEqual(underlayOf(tree, { major: 7, minor: 1 }), { name: 'loop0p1', disks: [] });
    assert.deepEqual(underlayOf(tree, { major: 99, minor: 1 }), { name: '99:1', disks: [] });
  });

  it('a device that is made from itself ends', () => {
    const tree = fakeTree(disk({ major: 253, name: 'dm-0', at: VIRTUAL, slaves: ['virtual/block/dm-0'] }));
    assert.deepEqual(underlayOf(tree, { major: 253, minor: 0 }), { name: 'dm-0', disks: [] });
  });

  it('five thousand disks with two partitions each are all told, and others have their turn meanwhile', async () => {
    const leaves: Record<string, Leaf> = {};
    for (let index = 0; index < 5000; index++) {
      const name = `vd${index.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '')}x`;
      const place = `pci0000:00/0000:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 31).toString(16)}.0`;
      Object.assign(
        leaves,
        disk({
          major: 254,
          minor: index * 16,
          name,
          at: `${place}/virtio${index}`,
          partitions: [`${name}1`, `${name}2`],
        }),
      );
    }
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    const list = await blockDevices(fakeTree(leaves));
    clearInterval(counting);
    assert.equal(list.length, 15_000);
    assert.equal(new Set(list.map(({ name }) => name)).size, 15_000);
    assert.ok(turns > 0);
  });
});
