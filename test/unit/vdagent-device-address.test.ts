import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseDeviceAddress } from '#protocol/vdagent/device-address.ts';

it('the address of a display device is its way from the root of the PCI bus', () => {
  assert.deepEqual(parseDeviceAddress('pci/0000/02.0'), { domain: 0, path: [{ slot: 2, function: 0 }] });
  assert.deepEqual(parseDeviceAddress('pci/FFFF/1e.7/00.1'), {
    domain: 0xffff,
    path: [
      { slot: 0x1e, function: 7 },
      { slot: 0, function: 1 },
    ],
  });
});

it('anything else is no address', () => {
  const hostile = [
    '',
    'pci',
    'pci/0000',
    'pci/0000/',
    'pci/0000/20.0',
    'pci/0000/02.8',
    'pci/0000/02.0/',
    'pci/0000/02.0/../01.0',
    'pci/123456789/02.0',
    `pci/0000${'/01.0'.repeat(17)}`,
    'mdev/1',
    '\0pci/0000/02.0',
  ];
  for (const address of hostile) assert.equal(parseDeviceAddress(address), undefined, JSON.stringify(address));
});
