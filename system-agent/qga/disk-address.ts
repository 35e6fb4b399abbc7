import type { Printable } from '#shared/json/value.ts';
import { enumeration, int64, optional, string, struct } from '#shared/schema/schema.ts';
import type { DiskAddress } from '../disks/disks.ts';

export const diskAddress = struct('GuestDiskAddress', {
  'pci-controller': struct('GuestPCIAddress', { domain: int64, bus: int64, slot: int64, function: int64 }),
  'bus-type': enumeration('GuestDiskBusType', ['ide', 'scsi', 'virtio', 'sata', 'nvme', 'usb', 'unknown']),
  bus: int64,
  target: int64,
  unit: int64,
  serial: optional(string),
  dev: optional(string),
  'ccw-address': optional(struct('GuestCCWAddress', { cssid: int64, ssid: int64, subchno: int64, devno: int64 })),
});

/** How a host reads that a disk is on no PCI bus. */
const NO_PCI = { domain: -1, bus: -1, slot: -1, function: -1 };

/** QEMU's GuestDiskAddress. */
export function printDiskAddress({ pci, ccw, busType, bus, target, unit, serial, device }: DiskAddress): Printable {
  return {
    'pci-controller': { ...(pci ?? NO_PCI) },
    'bus-type': busType,
    bus,
    target,
    unit,
    serial,
    dev: device,
    'ccw-address': ccw && { ...ccw },
  };
}
