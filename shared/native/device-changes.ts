import { watchNetlink } from './netlink.ts';
import type { Watch } from './readiness.ts';

/** NETLINK_KOBJECT_UEVENT and the group of the kernel's own messages, which every process may hear: Linux, lib/kobject_uevent.c */
const UEVENTS = { protocol: 15, groups: 1 };

/**
 * Reports that the kernel said something of a device of that subsystem, such as "drm": once for what came together.
 * @throws {Error} errno error
 */
export function watchDevices(subsystem: string, changed: () => void): Watch {
  return watchNetlink(UEVENTS, changed, (message) => isOf(subsystem, message));
}

/** A uevent: `ACTION@PATH`, then NAME=VALUE, each ended by a NUL. */
export function isOf(subsystem: string, message: Buffer): boolean {
  return message.includes(`\0SUBSYSTEM=${subsystem}\0`);
}
