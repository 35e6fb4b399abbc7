import type { Printable } from '#shared/json/value.ts';
import type { DiskAddress } from '../disks/disks.ts';

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
