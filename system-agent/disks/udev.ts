import type { Tree } from '#shared/tree/tree.ts';

/** What the kernel and udev say of one device. */
export interface DeviceRecord {
  /** Path of the device node. */
  readonly node: string | undefined;
  property(name: string): string | undefined;
}

/**
 * The record of a block device: the kernel's `uevent` file, and udev's database where udev runs.
 * @param syspath of the device, links and all
 * @returns undefined when it is no device
 */
export function recordOf(tree: Tree, syspath: string): DeviceRecord | undefined {
  const uevent = tree.read(`${syspath}/uevent`);
  if (uevent === undefined) return undefined;
  const kernel = parseUevent(uevent);
  const [major, minor, name] = ['MAJOR', 'MINOR', 'DEVNAME'].map((key) => kernel.get(key));
  let udev: ReadonlyMap<string, string> | undefined;
  return {
    node: name === undefined ? undefined : `/dev/${name}`,
    property(key) {
      udev ??= parseUdevData((major && minor && tree.read(`/run/udev/data/b${major}:${minor}`)) || '');
      return udev.get(key);
    },
  };
}

/** `KEY=value` a line. Source: Linux, Documentation/ABI/testing/sysfs-uevent. */
export function parseUevent(text: string): ReadonlyMap<string, string> {
  return pairs(text, '');
}

/**
 * Properties of a record in /run/udev/data: lines `E:KEY=value` among others that begin with another letter.
 * Source: systemd, src/libsystemd/sd-device/device-private.c.
 */
export function parseUdevData(text: string): ReadonlyMap<string, string> {
  return pairs(text, 'E:');
}

function pairs(text: string, prefix: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > prefix.length && line.startsWith(prefix)) {
      properties.set(line.slice(prefix.length, equals), line.slice(equals + 1));
    }
  }
  return properties;
}
