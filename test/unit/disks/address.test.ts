import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressOf } from '#system-agent/disks/address.ts';
import { fakeTree } from '#test/fakes/tree.ts';
import { ADDRESSES, disk } from './machines.ts';

describe('where the host finds a disk', () => {
  for (const [name, one] of Object.entries(ADDRESSES)) {
    it(name, () => {
      const { busType, slot, device } = one.address;
      const {
        bus = 0,
        fn = 0,
        unit = 0,
        busIndex = 0,
        serial,
      }: Partial<Record<string, number>> & { serial?: string } = {
        ...(one.address as object),
      };
      assert.deepEqual(addressOf(fakeTree(one.disk), one.syspath), {
        pci: { domain: 0, bus, slot, function: fn },
        busType,
        bus: busIndex,
        target: 0,
        unit,
        serial,
        device,
        ccw: undefined,
      });
    });
  }

  it('a controller of an unknown driver: the node is all that is told', () => {
    const at = 'pci0000:00/0000:00:05.0/host2/target2:0:0/2:0:0:0';
    const tree = fakeTree(disk({ major: 8, name: 'sda', at, driver: ['pci0000:00/0000:00:05.0', 'megasas'] }));
    const address = addressOf(tree, `/sys/devices/${at}/block/sda`);
    assert.equal(address?.busType, 'unknown');
    assert.equal(address?.pci, undefined);
    assert.equal(address?.device, '/dev/sda');
  });

  it('virtio-scsi on a channel of s390x', () => {
    const at = 'css0/0.0.0001/0.1.abcd/virtio3/host0/target0:0:5/0:0:5:7';
    const address = addressOf(fakeTree(disk({ major: 8, name: 'sda', at })), `/sys/devices/${at}/block/sda`);
    assert.deepEqual(address?.ccw, { cssid: 0, ssid: 0, subchno: 1, devno: 0xabcd });
    assert.deepEqual([address?.busType, address?.bus, address?.target, address?.unit], ['scsi', 0, 5, 7]);
  });

  it('virtio in memory (mmio)', () => {
    const at = 'platform/virtio-mmio.0/virtio0';
    const address = addressOf(fakeTree(disk({ major: 254, name: 'vda', at })), `/sys/devices/${at}/block/vda`);
    assert.deepEqual([address?.busType, address?.pci], ['virtio', undefined]);
  });

  it('nothing at all is no address', () => {
    assert.equal(addressOf(fakeTree({}), '/sys/devices/platform/x/block/x'), undefined);
  });
});
