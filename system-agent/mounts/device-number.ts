import { statSync } from 'node:fs';
import type { DeviceNumber } from '../disks/disks.ts';

/** Number of the block device node at a path; undefined when there is none. */
export function blockDeviceAt(node: string): DeviceNumber | undefined {
  if (!node.startsWith('/dev/')) return undefined; // nothing else can be a device, and asking elsewhere may hang
  const found = statSync(node, { throwIfNoEntry: false });
  return found?.isBlockDevice() ? deviceNumber(found.rdev) : undefined;
}

/** Source: gnu_dev_major and gnu_dev_minor of <sys/sysmacros.h>; device numbers of today fit 32 bits. */
export function deviceNumber(dev: number): DeviceNumber {
  return { major: (dev >>> 8) & 0xfff, minor: (dev & 0xff) | ((dev >>> 12) & 0xfff00) };
}
