import { mapInSlices } from '#shared/lifecycle/slices.ts';
import { type Tree, targetOf } from '#shared/tree/tree.ts';
import { addressOf } from './address.ts';
import type { BlockDevice, DeviceNumber, DiskAddress, Underlay } from './disks.ts';
import { recordOf } from './udev.ts';

const BLOCK = '/sys/block';
/** Devices made from others: the address of such a device is that of its parts. */
const VIRTUAL = '/devices/virtual/block/';
/** LVM on RAID on encryption on multipath is four deep. Bounds what a strange tree can cost. */
const MAX_DEPTH = 16;
const MAX_PARTS = 1024;

/** Disks and partitions of a tree, in the order that hosts know from QEMU's agent: built from its end. */
export async function blockDevices(tree: Tree): Promise<readonly BlockDevice[]> {
  const entries = tree.list(BLOCK) ?? [];
  const groups = await mapInSlices(entries, ({ name, kind }) => (kind === 'link' ? diskAndPartitions(tree, name) : []));
  return groups.flat().reverse();
}

/** The disk, then its partitions. */
function diskAndPartitions(tree: Tree, name: string): readonly BlockDevice[] {
  const folder = `${BLOCK}/${name}`;
  const size = tree.read(`${folder}/size`);
  if (size === undefined || size === '0') return [];
  const record = recordOf(tree, folder);
  if (record?.node === undefined) return [];
  const disk: BlockDevice = {
    name: record.node,
    partition: false,
    dependencies: partsOf(tree, folder),
    address: addressOfDisk(tree, folder),
    alias: record.property('DM_NAME') || undefined,
  };
  return [disk, ...partitions(tree, name, folder, record.node)];
}

function addressOfDisk(tree: Tree, folder: string): DiskAddress | undefined {
  const syspath = targetOf(tree, folder);
  return syspath === undefined || syspath.includes(VIRTUAL) ? undefined : addressOf(tree, syspath);
}

function partsOf(tree: Tree, folder: string): readonly string[] | undefined {
  return tree
    .list(`${folder}/slaves`)
    ?.map(({ name }) => recordOf(tree, `${folder}/slaves/${name}`)?.node)
    .filter((node) => node !== undefined)
    .reverse();
}

function partitions(tree: Tree, disk: string, folder: string, node: string): readonly BlockDevice[] {
  return (tree.list(folder) ?? [])
    .filter(({ name, kind }) => kind === 'folder' && name.startsWith(disk) && /^p?\d/.test(name.slice(disk.length)))
    .map(({ name }) => recordOf(tree, `${folder}/${name}`)?.node)
    .filter((name) => name !== undefined)
    .map((name) => ({ name, partition: true, dependencies: [node], address: undefined, alias: undefined }));
}

/** @see Disks.under */
export function underlayOf(tree: Tree, { major, minor }: DeviceNumber): Underlay {
  const syspath = targetOf(tree, `/sys/dev/block/${major}:${minor}`);
  // In a container the device may be hidden.
  if (syspath === undefined) return { name: `${major}:${minor}`, disks: [] };
  const disks: DiskAddress[] = [];
  collect(tree, syspath, disks, 0);
  return { name: syspath.slice(syspath.lastIndexOf('/') + 1), disks: disks.reverse() };
}

function collect(tree: Tree, syspath: string, disks: DiskAddress[], depth: number): void {
  if (depth > MAX_DEPTH || disks.length >= MAX_PARTS) return;
  if (!syspath.includes(VIRTUAL)) {
    const address = addressOf(tree, syspath);
    if (address !== undefined) disks.push(address);
    return;
  }
  for (const { name, kind } of tree.list(`${syspath}/slaves`) ?? []) {
    const part = kind === 'link' ? targetOf(tree, `${syspath}/slaves/${name}`) : undefined;
    if (part !== undefined) collect(tree, part, disks, depth + 1);
  }
}
