import type { Tree } from '#shared/tree/tree.ts';
import type { BusType, CcwAddress, DiskAddress, PciAddress } from './disks.ts';
import { recordOf } from './udev.ts';

/** The part of an address that a device's place in sysfs tells. */
type Place = Pick<DiskAddress, 'pci' | 'busType' | 'bus' | 'target' | 'unit' | 'ccw'>;

const NOWHERE: Place = { pci: undefined, busType: 'unknown', bus: 0, target: 0, unit: 0, ccw: undefined };

/** Drivers of controllers that are recognised: their place on the PCI bus is the disk's. */
const CONTROLLERS: ReadonlySet<string> = new Set([
  ...['ata_piix', 'sym53c8xx', 'virtio-pci', 'ahci', 'nvme', 'xhci_hcd', 'ehci-pci'],
]);

/**
 * Address of a disk or partition that is not made from others.
 *
 * The rules are QEMU's, so that a host matches disks as it did: qga/commands-linux.c. They read the path of the device
 * in sysfs, which goes through its controller:
 * `/sys/devices/pci0000:00/0000:00:05.0/ata3/host2/target2:0:1/2:0:1:0/block/sda`.
 *
 * @param syspath without links
 * @returns undefined when nothing at all is known
 */
export function addressOf(tree: Tree, syspath: string): DiskAddress | undefined {
  const record = recordOf(tree, syspath);
  const device = record?.node;
  const serial = record?.property('ID_SERIAL') || undefined;
  const place = placeOf(tree, syspath);
  if (place === undefined && device === undefined && serial === undefined) return undefined;
  return { ...(place ?? NOWHERE), serial, device };
}

function placeOf(tree: Tree, syspath: string): Place | undefined {
  if (syspath.includes('/devices/pci')) return placeOnPci(tree, syspath);
  if (syspath.includes('/devices/css')) return placeOnChannel(syspath);
  return placeOnVirtio(syspath);
}

function placeOnPci(tree: Tree, syspath: string): Place | undefined {
  const controller = controllerOf(tree, syspath);
  if (controller === undefined) return undefined;
  const { pci, driver } = controller;
  const scsi = scsiOf(syspath);
  const at = (busType: BusType, place: Partial<Place> = {}): Place => ({ ...NOWHERE, pci, busType, ...place });
  switch (driver) {
    case 'ata_piix': {
      const bus = hostIndex(tree, syspath);
      return bus === undefined || scsi === undefined ? at('unknown') : at('ide', { bus, unit: scsi.target });
    }
    case 'ahci': {
      const unit = hostIndex(tree, syspath);
      return unit === undefined || scsi === undefined ? at('unknown') : at('sata', { unit });
    }
    case 'sym53c8xx':
      return scsi === undefined ? at('unknown') : at('scsi', { unit: scsi.target });
    case 'virtio-pci':
      return scsi === undefined ? at('virtio') : at('scsi', { unit: scsi.lun });
    case 'nvme':
      return at('nvme');
    default:
      return at('usb');
  }
}

/** The first of the PCI devices on the way to the disk whose driver is a known one; others are bridges. */
function controllerOf(tree: Tree, syspath: string): { pci: PciAddress; driver: string } | undefined {
  const start = syspath.indexOf('/devices/pci');
  const step = /\/(?:pci[0-9a-f]+:[0-9a-f]+\/)?([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)\.([0-9a-f]+)/y;
  step.lastIndex = start + '/devices'.length;
  for (let match = step.exec(syspath); match !== null; match = step.exec(syspath)) {
    const driver = tree.link(`${syspath.slice(0, step.lastIndex)}/driver`)?.replace(/^.*\//, '');
    if (driver === undefined || !CONTROLLERS.has(driver)) continue;
    const [domain = 0, bus = 0, slot = 0, fn = 0] = match.slice(1).map((digits) => Number.parseInt(digits, 16));
    return { pci: { domain, bus, slot, function: fn }, driver };
  }
  return undefined;
}

/** Channel, target and unit of a SCSI device: `/targetH:C:T/H:C:T:L`. */
function scsiOf(syspath: string): { channel: number; target: number; lun: number } | undefined {
  const match = /\/target\d+:\d+:\d+\/\d+:(\d+):(\d+):(\d+)/.exec(syspath);
  if (match === null) return undefined;
  const [channel = 0, target = 0, lun = 0] = match.slice(1).map(Number);
  return { channel, target, lun };
}

/** Which one of its controller's ports a disk is on: ports are numbered through the whole machine. */
function hostIndex(tree: Tree, syspath: string): number | undefined {
  const match = /\/ata(\d+)/.exec(syspath) ?? /\/host(\d+)/.exec(syspath);
  if (match === null) return undefined;
  const kind = match[0].startsWith('/ata') ? /^ata(\d+)/ : /^host(\d+)/;
  const ports = (tree.list(syspath.slice(0, match.index)) ?? [])
    .map(({ name }) => kind.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  const index = ports.indexOf(Number(match[1]));
  return index === -1 ? undefined : index;
}

function placeOnChannel(syspath: string): Place | undefined {
  const digits = /\/devices\/css[0-9a-f]+\/([0-9a-f]+)\.([0-9a-f]+)\.([0-9a-f]+)\/[0-9a-f]+\.[0-9a-f]+\.([0-9a-f]+)/;
  const match = digits.exec(syspath);
  if (match === null) return undefined;
  const [cssid = 0, ssid = 0, subchno = 0, devno = 0] = match.slice(1).map((text) => Number.parseInt(text, 16));
  const ccw: CcwAddress = { cssid, ssid, subchno, devno };
  return { ...(placeOnVirtio(syspath) ?? NOWHERE), ccw };
}

/** Virtio on something else than PCI: a channel, or a device in memory (mmio). */
function placeOnVirtio(syspath: string): Place | undefined {
  if (!syspath.includes('/virtio') || !syspath.includes('/block')) return undefined;
  const scsi = scsiOf(syspath);
  if (scsi === undefined) return { ...NOWHERE, busType: 'virtio' };
  return { ...NOWHERE, busType: 'scsi', bus: scsi.channel, target: scsi.target, unit: scsi.lun };
}
