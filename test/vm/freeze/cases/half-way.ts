import { type Case, tells } from './case.ts';

/** Two more file systems, in memory: the later mount is frozen first, and the earlier one has lost its disk. */
const BREAKS = `set -e
  mkdir -p /mnt/bad /mnt/late
  for name in bad late; do truncate -s 32M /run/$name.img; mkfs.ext4 -q /run/$name.img; done
  losetup /dev/loop7 /run/bad.img
  echo '0 65536 linear /dev/loop7 0' | dmsetup create bad
  mount /dev/mapper/bad /mnt/bad; mount -o loop /run/late.img /mnt/late
  echo x >/mnt/bad/file
  echo '0 65536 error' | dmsetup reload bad; dmsetup suspend --nolockfs bad; dmsetup resume bad`;

const CLEARS = `set -e
  echo x >/mnt/late/file; sync /mnt/late/file
  umount /mnt/late /mnt/bad; dmsetup remove bad; losetup -d /dev/loop7; rm /run/bad.img /run/late.img`;

export const halfWay: Case = {
  name: 'of four file systems the second cannot be frozen',
  async round(lab) {
    await lab.run(BREAKS);
    const { error } = await lab.host.ask('guest-fsfreeze-freeze');
    const due = await lab.now();
    await lab.run(CLEARS);
    return { due, told: `freeze: error: ${error?.desc}; ${await tells(lab)}` };
  },
};
