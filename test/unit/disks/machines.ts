import type { Leaf } from '#test/fakes/tree.ts';

type Leaves = Readonly<Record<string, Leaf>>;

interface Disk {
  readonly major: number;
  readonly minor?: number;
  readonly name: string;
  /** Below /sys/devices, without `/block/NAME`. */
  readonly at: string;
  readonly driver?: readonly [place: string, name: string];
  readonly properties?: readonly string[];
  readonly partitions?: readonly string[];
  /** Paths below /sys/devices of what it is made from. */
  readonly slaves?: readonly string[];
  /** Sectors. */
  readonly size?: number;
}

/** What sysfs and udev hold of a disk. */
export function disk({
  major,
  minor = 0,
  name,
  at,
  driver,
  properties,
  partitions = [],
  slaves,
  size = 1,
}: Disk): Leaves {
  const folder = `/sys/devices/${at}/block/${name}`;
  const uevent = (node: string, number: number) => `MAJOR=${major}\nMINOR=${number}\nDEVNAME=${node}\nDEVTYPE=disk`;
  const leaves: Record<string, Leaf> = {
    [`/sys/block/${name}`]: { link: `../devices/${at}/block/${name}` },
    [`/sys/dev/block/${major}:${minor}`]: { link: `../../devices/${at}/block/${name}` },
    [`${folder}/uevent`]: uevent(name, minor),
    [`${folder}/size`]: `${size}`,
    [`${folder}/queue/rotational`]: '1',
  };
  for (const [index, partition] of partitions.entries()) {
    leaves[`${folder}/${partition}/uevent`] = uevent(partition, minor + index + 1);
    leaves[`/sys/dev/block/${major}:${minor + index + 1}`] = { link: `../../devices/${at}/block/${name}/${partition}` };
  }
  for (const slave of slaves ?? []) {
    leaves[`${folder}/slaves/${slave.replace(/.*\//, '')}`] = { link: `../../../../${slave}` };
  }
  if (driver !== undefined) {
    const [place, called] = driver;
    leaves[`/sys/devices/${place}/driver`] = { link: `../../../bus/pci/drivers/${called}` };
  }
  if (properties !== undefined) {
    leaves[`/run/udev/data/b${major}:${minor}`] = [
      'S:disk/by-id/x',
      'I:1',
      ...properties.map((one) => `E:${one}`),
    ].join('\n');
  }
  return leaves;
}

/** One disk of each controller, where Debian's kernel puts them in QEMU. */
export const ADDRESSES = {
  virtio: {
    disk: disk({
      major: 254,
      name: 'vda',
      at: 'pci0000:00/0000:00:04.0/virtio1',
      driver: ['pci0000:00/0000:00:04.0', 'virtio-pci'],
      properties: ['ID_SERIAL=S 1', 'DM_NAME='],
    }),
    syspath: '/sys/devices/pci0000:00/0000:00:04.0/virtio1/block/vda',
    address: { busType: 'virtio', slot: 4, serial: 'S 1', device: '/dev/vda' },
  },
  'virtio-scsi behind a bridge': {
    disk: disk({
      major: 8,
      name: 'sda',
      at: 'pci0000:00/0000:00:1e.0/0000:01:0a.1/virtio2/host6/target6:0:3/6:0:3:2',
      driver: ['pci0000:00/0000:00:1e.0/0000:01:0a.1', 'virtio-pci'],
    }),
    syspath: '/sys/devices/pci0000:00/0000:00:1e.0/0000:01:0a.1/virtio2/host6/target6:0:3/6:0:3:2/block/sda',
    address: { busType: 'scsi', bus: 1, slot: 10, fn: 1, unit: 2, device: '/dev/sda' },
  },
  'the second channel of IDE': {
    disk: {
      ...disk({
        major: 8,
        name: 'sdb',
        at: 'pci0000:00/0000:00:01.1/ata10/host9/target9:0:1/9:0:1:0',
        driver: ['pci0000:00/0000:00:01.1', 'ata_piix'],
      }),
      '/sys/devices/pci0000:00/0000:00:01.1/ata9/uevent': '',
    },
    syspath: '/sys/devices/pci0000:00/0000:00:01.1/ata10/host9/target9:0:1/9:0:1:0/block/sdb',
    address: { busType: 'ide', slot: 1, fn: 1, busIndex: 1, unit: 1, device: '/dev/sdb' },
  },
  'the twelfth port of AHCI': {
    disk: {
      ...disk({
        major: 8,
        name: 'sdc',
        at: 'pci0000:00/0000:00:1f.2/ata14/host13/target13:0:0/13:0:0:0',
        driver: ['pci0000:00/0000:00:1f.2', 'ahci'],
      }),
      ...Object.fromEntries(
        Array.from({ length: 11 }, (_, port) => [`/sys/devices/pci0000:00/0000:00:1f.2/ata${port + 3}/uevent`, '']),
      ),
    },
    syspath: '/sys/devices/pci0000:00/0000:00:1f.2/ata14/host13/target13:0:0/13:0:0:0/block/sdc',
    address: { busType: 'sata', slot: 31, fn: 2, unit: 11, device: '/dev/sdc' },
  },
  nvme: {
    disk: disk({
      major: 259,
      name: 'nvme0n1',
      at: 'pci0000:00/0000:00:06.0/nvme/nvme0/nvme0n1',
      driver: ['pci0000:00/0000:00:06.0', 'nvme'],
    }),
    syspath: '/sys/devices/pci0000:00/0000:00:06.0/nvme/nvme0/nvme0n1/block/nvme0n1',
    address: { busType: 'nvme', slot: 6, device: '/dev/nvme0n1' },
  },
  usb: {
    disk: disk({
      major: 8,
      name: 'sdd',
      at: 'pci0000:00/0000:00:07.0/usb1/1-1/1-1:1.0/host7/target7:0:0/7:0:0:0',
      driver: ['pci0000:00/0000:00:07.0', 'xhci_hcd'],
    }),
    syspath: '/sys/devices/pci0000:00/0000:00:07.0/usb1/1-1/1-1:1.0/host7/target7:0:0/7:0:0:0/block/sdd',
    address: { busType: 'usb', slot: 7, device: '/dev/sdd' },
  },
} as const;
