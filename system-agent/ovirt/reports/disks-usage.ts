import type { Printable } from '#shared/json/value.ts';
import type { Disks } from '../../disks/disks.ts';
import type { Mount, Mounts } from '../../mounts/mounts.ts';
import { bounded } from '../bounded.ts';
import type { OvirtOptions } from '../options.ts';
import { defineReport, type Members } from '../report.ts';

/** A guest full of containers has thousands of mounts. */
const MAX_FILE_SYSTEMS = 256;
const MAX_DISKS = 256;

/** How full the file systems are, in bytes, and which disk of the host is which device here. */
export const disksUsage = defineReport({
  name: 'disks-usage',
  since: 0,
  needs: ['mounts', 'disks'],
  collect: async ({ mounts, disks }, options) => ({
    disks: await usageOf(mounts, options),
    mapping: await mappingOf(disks),
  }),
  watch: ({ mounts }, changed) => mounts.onChange(changed),
});

async function usageOf(mounts: Mounts, options: OvirtOptions): Promise<readonly Members[]> {
  const usage: Members[] = [];
  const wanted = wantedOf(mounts.all(), options.ignoredFileSystems);
  // One after the other: of those that do not answer few may be asked at a time.
  for (const mount of wanted.slice(0, MAX_FILE_SYSTEMS)) {
    const size = await mounts.sizeOf(mount);
    if (size === undefined || (options.ignoreEmptyFileSystems && size.privilegedTotal === 0n)) continue;
    usage.push({ path: mount.mountPoint, fs: mount.type, total: size.privilegedTotal, used: size.used });
  }
  const unasked = wanted.length - MAX_FILE_SYSTEMS;
  return bounded(unasked > 0 ? [...usage, missing(`(${unasked} more)`)] : usage, MAX_FILE_SYSTEMS + 1, missing);
}

function missing(path: string): Members {
  return { path, fs: 'none', total: 0n, used: 0n };
}

/** Each file system once, where it was mounted first, as df(1) does: what is mounted again elsewhere is no more room. */
function wantedOf(all: readonly Mount[], ignored: readonly string[]): readonly Mount[] {
  const wanted = new Map<string, Mount>();
  for (const mount of all) {
    const key = `${mount.major}:${mount.minor}`;
    if (!ignored.includes(mount.type) && !wanted.has(key)) wanted.set(key, mount);
  }
  return [...wanted.values()];
}

/** By the serial that udev has put together: hosts look for their image's id in it. */
async function mappingOf(disks: Disks): Promise<Printable> {
  const mapping = new Map<string, Printable>();
  for (const { name, partition, address } of await disks.list()) {
    if (mapping.size === MAX_DISKS) break;
    if (!partition && address?.serial !== undefined) mapping.set(address.serial, { name });
  }
  return Object.fromEntries(mapping);
}
