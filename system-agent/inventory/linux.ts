import os from 'node:os';
import { readSmallFile } from '#shared/files.ts';
import type { Inventory, OperatingSystem } from './inventory.ts';
import { parseOsRelease } from './os-release.ts';

/** os-release(5): the first is usually a link to the second. */
const PATHS = ['/etc/os-release', '/usr/lib/os-release'];

/** @param override file to read instead, as qemu-ga's QGA_OS_RELEASE */
export function linuxInventory(override: string | undefined): Inventory {
  return {
    hostName: os.hostname,
    operatingSystem(): OperatingSystem {
      const release = readFirst(override === undefined ? PATHS : [override]);
      return {
        kernelRelease: os.release(),
        kernelVersion: os.version(),
        machine: os.machine(),
        ...describe(release ?? new Map()),
      };
    },
  };
}

function readFirst(paths: readonly string[]): ReadonlyMap<string, string> | undefined {
  for (const path of paths) {
    try {
      const text = readSmallFile(path);
      if (text !== undefined) return parseOsRelease(text.toString());
    } catch {
      // Not readable for us: the kernel's words remain.
    }
  }
  return undefined;
}

function describe(release: ReadonlyMap<string, string>): Partial<OperatingSystem> {
  const member = <K extends keyof OperatingSystem>(name: K, key: string) => {
    const value = release.get(key);
    return value === undefined ? {} : { [name]: value };
  };
  return {
    ...member('id', 'ID'),
    ...member('name', 'NAME'),
    ...member('prettyName', 'PRETTY_NAME'),
    ...member('version', 'VERSION'),
    ...member('versionId', 'VERSION_ID'),
    ...member('variant', 'VARIANT'),
    ...member('variantId', 'VARIANT_ID'),
  };
}
