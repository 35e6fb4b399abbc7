import assert from 'node:assert/strict';
import { it } from 'node:test';
import { product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { Vdsm } from './ovirt/vdsm.ts';

const ANSWER_TIMEOUT_MS = 60_000;
/** A fraction of the 90 s after which systemd would kill it. */
const STOP_LIMIT_S = 20;

/** A disk whose requests wait, with a file system at /mnt, and what has been read of it forgotten. */
const MAKE = `
  truncate -s 64M /root/image
  dmsetup create hangs --table "0 131072 linear $(losetup --find --show /root/image) 0"
  mkfs.ext4 -q /dev/mapper/hangs && mount /dev/mapper/hangs /mnt
  mkdir /mnt/sub && cp /bin/true /mnt/sub/program && head -c 1M /dev/urandom >/mnt/sub/file
  umount /mnt && mount /dev/mapper/hangs /mnt
  echo 3 >/proc/sys/vm/drop_caches`;
const SUSPEND = 'dmsetup suspend --nolockfs --noflush hangs';

it('a disk that does not answer holds up who asks for its files, and nobody else', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  await guest.shell.run(MAKE);
  await product.start(guest.shell);
  {
    using host = await QgaClient.connect(guest.socketOf('qga'));
    const { return: handle } = await host.ask('guest-file-open', { path: '/mnt/sub/file' });
    assert.equal(typeof handle, 'number');
    await guest.shell.run(SUSPEND);
    host.send('guest-file-read', { handle, count: 4096 });
    using other = await Vdsm.connect(guest.socketOf('ovirt'));
    await other.newest('heartbeat', ANSWER_TIMEOUT_MS);
  }
  {
    using host = await QgaClient.connect(guest.socketOf('qga'));
    assert.deepEqual(await host.ask('guest-ping'), { return: {} });
    const sizes = await host.ask('guest-get-fsinfo');
    assert.match(JSON.stringify(sizes), /"\/mnt"/);
    const program = await host.ask('guest-exec', { path: '/mnt/sub/program' });
    assert.match(program.error?.desc ?? '', /the file system that it is on does not answer|Failed to execute/);
    assert.deepEqual(await host.ask('guest-ping'), { return: {} });
    const { return: reads } = await host.ask('guest-file-open', { path: '/etc/hostname' });
    assert.deepEqual((await host.ask('guest-file-read', { handle: reads })).return, {
      'buf-b64': Buffer.from('lab\n').toString('base64'),
      count: 4,
      eof: true,
    });
  }
  await guest.shell.run('dmsetup resume hangs');
  using host = await QgaClient.connect(guest.socketOf('qga'));
  const { return: again } = await host.ask('guest-file-open', { path: '/mnt/sub/file' });
  await guest.shell.run(`echo 3 >/proc/sys/vm/drop_caches; ${SUSPEND}`);
  host.send('guest-file-read', { handle: again, count: 1 << 20 });
  const seconds = await guest.shell.run(
    `from=$(date +%s); systemctl stop ${product.unit}; echo $(($(date +%s) - from)); dmsetup resume hangs`,
  );
  assert.ok(Number(seconds) <= STOP_LIMIT_S, `stopped after ${seconds} s`);
});
