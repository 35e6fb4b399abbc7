import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { original, product, stopAgent } from '../guest/agents.ts';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import { QgaClient } from '../guest/qga-client.ts';
import { answersBy } from '../guest/questions.ts';
import { noGuests } from '../needs.ts';
import { until } from '../support/wait.ts';

const TIMEOUT_MS = 60_000;
const IS_FROZEN = '/run/qga.state.isfrozen';

/** Two file systems in files of /, a third in a file of the first; a bind mount, subvolumes, an overlay, and one that is read-only. */
const MOUNTS = `set -e
  cd /mnt; mkdir -p inner deep bound btrfs sub over read
  truncate -s 64M /var/inner.img; mkfs.ext4 -q /var/inner.img; mount -o loop /var/inner.img inner
  truncate -s 16M inner/deep.img; mkfs.ext4 -q inner/deep.img; mount -o loop inner/deep.img deep
  mount --bind deep bound
  truncate -s 256M /var/btrfs.img; mkfs.btrfs -q /var/btrfs.img; mount -o loop /var/btrfs.img btrfs
  btrfs -q subvolume create btrfs/a; mount -o subvol=a "$(findmnt -no SOURCE btrfs)" sub
  mkdir inner/lower inner/upper inner/work
  mount -t overlay overlay -o lowerdir=inner/lower,upperdir=inner/upper,workdir=inner/work over
  truncate -s 16M /var/read.img; mkfs.ext4 -q /var/read.img; mount -o loop,ro /var/read.img read`;
const WRITABLE = ['/', '/mnt/inner', '/mnt/deep', '/mnt/bound', '/mnt/btrfs', '/mnt/sub', '/mnt/over'];
const FILE_SYSTEMS = 4;

/** A program for each mount that writes there, and then notes it in memory. What is frozen holds it up. */
async function writeEverywhere(guest: Machine): Promise<void> {
  await guest.shell.run(
    `rm -f /run/wrote; for place in ${WRITABLE.join(' ')}; do
      (echo x >$place/file && sync $place/file && echo $place >>/run/wrote) </dev/null >/dev/null 2>&1 &
    done`,
  );
}

async function wrote(guest: Machine): Promise<readonly string[]> {
  const { stdout } = await guest.shell.try('cat /run/wrote');
  return stdout.split('\n').filter((line) => line !== '');
}

async function allHaveWritten(guest: Machine): Promise<void> {
  await until(TIMEOUT_MS, 'all mounts to be written', async () =>
    (await wrote(guest)).length === WRITABLE.length ? true : undefined,
  );
}

it('nested, bound, btrfs, overlay and read-only mounts: each file system once, and all of them stand still', {
  skip: noGuests,
}, async () => {
  await using guest = await resumeGuest();
  await guest.shell.run(MOUNTS);
  await writeEverywhere(guest); // which also has the programs in memory
  await allHaveWritten(guest);
  const theirs = await answersBy(original, guest, [['guest-fsfreeze-freeze'], ['guest-fsfreeze-thaw']]);
  assert.deepEqual(theirs[0], { return: FILE_SYSTEMS + 1 }); // it freezes also what nobody can write to

  await product.start(guest.shell);
  using host = await QgaClient.connect(guest.socketOf('qga'));
  assert.deepEqual(await host.ask('guest-fsfreeze-freeze'), { return: FILE_SYSTEMS });
  await writeEverywhere(guest);
  const status = (await host.ask('uga-freeze-status')).return as Record<string, Record<string, unknown>[]>;
  assert.deepEqual(
    status.filesystems?.map(({ mountpoint, type }) => [mountpoint, type]),
    [
      ['/mnt/btrfs', 'btrfs'],
      ['/mnt/deep', 'ext4'],
      ['/mnt/inner', 'ext4'],
      ['/', 'ext4'],
    ],
  );
  const reasons = new Map(status['left-out']?.map(({ mountpoint, reason }) => [mountpoint, reason]));
  assert.equal(reasons.get('/mnt/over'), 'its files lie in file systems that are frozen themselves');
  assert.equal(reasons.get('/mnt/read'), 'nobody can write to it');
  await sleep(1_000);
  assert.deepEqual(await wrote(guest), []);
  assert.deepEqual(await host.ask('guest-fsfreeze-thaw'), { return: FILE_SYSTEMS });
  await allHaveWritten(guest);
});

it('what a killed qemu-ga has left frozen stays so under a lease', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  const { shell } = guest;
  const writes = () => shell.run('timeout 30 sh -c "echo x >/mnt/inner/file && sync /mnt/inner/file"');
  await shell.run(MOUNTS);
  const left = async () => {
    await original.start(shell);
    using host = await QgaClient.connect(guest.socketOf('qga'));
    assert.deepEqual(await host.ask('guest-fsfreeze-freeze-list', { mountpoints: ['/mnt/inner'] }), { return: 1 });
    await shell.run(`systemctl kill --signal=KILL ${original.unit}; test -e ${IS_FROZEN}`);
  };

  await left();
  await product.start(shell);
  {
    using host = await QgaClient.connect(guest.socketOf('qga'));
    assert.deepEqual(await host.ask('guest-fsfreeze-status'), { return: 'frozen' });
    const { 'lease-left': lease } = (await host.ask('uga-freeze-status')).return as Record<string, unknown>;
    assert.ok(Number(lease) > 500 && Number(lease) <= 600);
    assert.deepEqual(await host.ask('guest-fsfreeze-thaw'), { return: 1 });
    await shell.run(`test ! -e ${IS_FROZEN}`);
    await writes();
  }
  await stopAgent(shell, product);

  await left();
  await shell.run("printf '[freeze]\\nlease=2\\n' >/etc/uga/uga.conf.d/lab.conf");
  await product.start(shell);
  await writes();
  using host = await QgaClient.connect(guest.socketOf('qga'));
  assert.match((await host.ask('guest-fsfreeze-thaw')).error?.desc ?? '', /ended early: the lease has ended/);
});
