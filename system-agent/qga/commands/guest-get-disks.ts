import { boolean, listOf, object, optional, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';
import { diskAddress, printDiskAddress } from '../disk-address.ts';

const diskInfo = struct('GuestDiskInfo', {
  name: string,
  partition: boolean,
  dependencies: optional(listOf(string)),
  address: optional(diskAddress),
  alias: optional(string),
});

export const guestGetDisks = defineCommand({
  name: 'guest-get-disks',
  since: '5.2',
  summary: 'Disks and partitions: device nodes, what they are made from, and where the host finds them.',
  testedBy: 'same rows as qemu-ga here and in a guest with virtio, SCSI, IDE, AHCI, NVMe and USB disks',
  args: object({}),
  result: listOf(diskInfo),
  errors: ['the system does not tell'],
  needs: ['disks'],
  readOnly: true,

  run: async (_args, { disks }) =>
    (await disks.list()).map(({ name, partition, dependencies, address, alias }) => ({
      name,
      partition,
      dependencies,
      address: address && printDiskAddress(address),
      alias,
    })),
});
