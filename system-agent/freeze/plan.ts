import type { DeviceNumber } from '../disks/disks.ts';
import type { MountEntry } from './mount-entries.ts';

/** One file system, wherever it is mounted. */
export interface FileSystem {
  readonly type: string;
  /** Number of the device that it lies on, which is not what fstat(2) tells of btrfs. */
  readonly device: DeviceNumber;
  /** At least one; the first is its name for people and hosts. */
  readonly mountPoints: readonly MountPoint[];
}

export interface MountPoint {
  /** What is not UTF-8 in it is replaced. */
  readonly text: string;
  readonly path: Uint8Array;
}

export interface LeftOut {
  readonly mountPoint: string;
  readonly type: string;
  /** Words for people. */
  readonly reason: string;
}

export interface Plan {
  /** In the order of freezing: what lies in a file of another file system comes before that one. Thaw the other way. */
  readonly fileSystems: readonly FileSystem[];
  readonly leftOut: readonly LeftOut[];
}

/** What the list of mounts does not tell. */
export interface PlanFacts {
  /** Number of the block device node at a path. */
  deviceAt(node: string): DeviceNumber | undefined;
  /** Paths of the files that a device lies in (loop devices, also below partitions and device mappers). */
  filesBelow(device: DeviceNumber): readonly string[];
}

/** Decides before anything is touched which file systems can and must stand still, and in which order (F4). */
export function planFreeze(entries: readonly MountEntry[], facts: PlanFacts): Plan {
  const byDevice = new Map<string, { -readonly [K in keyof FileSystem]: FileSystem[K] }>();
  const leftOut: LeftOut[] = [];
  const homes: { readonly text: string; readonly key: string }[] = [];
  for (const entry of entries) {
    const { text } = entry.mountPoint;
    const device = deviceOf(entry, facts);
    const reason = reasonAgainst(entry, device);
    const key = device === undefined ? '' : keyOf(device);
    homes.push({ text, key });
    if (reason !== undefined || device === undefined) {
      leftOut.push({ mountPoint: text, type: entry.type, reason: reason ?? NO_DEVICE });
      continue;
    }
    const known = byDevice.get(key);
    if (known === undefined) byDevice.set(key, { type: entry.type, device, mountPoints: [entry.mountPoint] });
    else known.mountPoints = [...known.mountPoints, entry.mountPoint];
  }
  const homeOf = (file: string) => homes.filter(({ text }) => contains(text, file)).reduce(deepest, NOWHERE).key;
  const lyingIn = new Map<string, string[]>();
  for (const [key, { device }] of byDevice) {
    for (const file of facts.filesBelow(device)) {
      const home = homeOf(file);
      lyingIn.set(home, [...(lyingIn.get(home) ?? []), key]);
    }
  }
  return { fileSystems: inFreezingOrder(byDevice, lyingIn), leftOut };
}

/** The file systems that have one of these mount points, by its exact name. */
export function chooseFrom(plan: Plan, mountPoints: readonly string[]): readonly FileSystem[] {
  const asked = new Set(mountPoints);
  return plan.fileSystems.filter((one) => one.mountPoints.some(({ text }) => asked.has(text)));
}

/** The latest mount first, and before each file system those that lie in its files. */
function inFreezingOrder(
  byDevice: ReadonlyMap<string, FileSystem>,
  lyingIn: ReadonlyMap<string, readonly string[]>,
): readonly FileSystem[] {
  const ordered = new Map<string, FileSystem>();
  const visited = new Set<string>();
  const visit = (key: string) => {
    const one = byDevice.get(key);
    if (one === undefined || visited.has(key)) return;
    visited.add(key);
    for (const inner of lyingIn.get(key) ?? []) visit(inner);
    ordered.set(key, one);
  };
  for (const key of [...byDevice.keys()].reverse()) visit(key);
  return [...ordered.values()];
}

const NO_DEVICE = 'it lies on no block device';
const NETWORK = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', '9p', 'virtiofs', 'ceph', 'afs', 'coda', 'ncpfs']);
const NOWHERE = { text: '', key: '' };

function reasonAgainst({ type, isReadOnly }: MountEntry, device: DeviceNumber | undefined): string | undefined {
  if (NETWORK.has(type)) return 'it belongs to another machine';
  if (type.startsWith('fuse')) return 'a program of this guest serves it';
  if (type === 'overlay') return 'its files lie in file systems that are frozen themselves';
  if (device === undefined) return NO_DEVICE;
  return isReadOnly ? 'nobody can write to it' : undefined;
}

/** The kernel makes up a number with major 0 for btrfs, because it can lie on several devices. */
function deviceOf({ device, type, source }: MountEntry, facts: PlanFacts): DeviceNumber | undefined {
  if (device.major !== 0) return device;
  return type === 'btrfs' ? facts.deviceAt(source) : undefined;
}

const keyOf = ({ major, minor }: DeviceNumber) => `${major}:${minor}`;

const contains = (folder: string, file: string) => folder === '/' || file === folder || file.startsWith(`${folder}/`);

/** Of two mounts at one place the later one hides the other. */
function deepest<T extends { readonly text: string }>(one: T, other: T): T {
  return other.text.length >= one.text.length ? other : one;
}
