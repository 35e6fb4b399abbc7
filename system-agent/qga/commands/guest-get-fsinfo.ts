import { listOf, object, optional, string, struct, uint64 } from '#shared/schema/schema.ts';
import type { Disks } from '../../disks/disks.ts';
import type { Mount, Mounts } from '../../mounts/mounts.ts';
import { defineCommand } from '../command.ts';
import { diskAddress, printDiskAddress } from '../disk-address.ts';

const filesystemInfo = struct('GuestFilesystemInfo', {
  name: string,
  mountpoint: string,
  type: string,
  disk: listOf(diskAddress),
  'used-bytes': optional(uint64),
  'total-bytes': optional(uint64),
  'total-bytes-privileged': optional(uint64),
});

export const guestGetFsinfo = defineCommand({
  name: 'guest-get-fsinfo',
  since: '2.2',
  summary: 'Mounted local file systems, the disks they lie on, and how full they are.',
  testedBy: 'same rows as qemu-ga in a guest with six kinds of disks, btrfs, device-mapper and loop; `virsh domfsinfo`',
  args: object({}),
  result: listOf(filesystemInfo),
  errors: ['the system does not tell its mounts'],
  needs: ['disks', 'mounts'],
  readOnly: true,

  async run(_args, { disks, mounts }) {
    const described = [];
    // One after the other: a hundred at once would take all threads there are.
    for (const mount of mounts.list()) described.push(await describe(mount, mounts, disks));
    return described.reverse(); // the latest first, as hosts know it
  },
});

async function describe(mount: Mount, mounts: Mounts, disks: Disks) {
  const asked = mounts.sizeOf(mount); // on another thread, while this one looks for the disks
  const { name, disks: below } = disks.under(mount);
  const size = await asked;
  return {
    name,
    mountpoint: mount.mountPoint,
    type: mount.type,
    disk: below.map(printDiskAddress),
    'used-bytes': size?.used,
    'total-bytes': size?.total,
    'total-bytes-privileged': size?.privilegedTotal,
  };
}
