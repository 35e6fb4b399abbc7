import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { type Answer, QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { Vdsm } from './ovirt/vdsm.ts';
import { until } from './support/wait.ts';

const ANSWER_TIMEOUT_MS = 60_000;
/** For the guest's kernel to tell that the host has gone: a host that is back at once was never away. */
const UNPLUGGED_MS = 2_000;
/** A fraction of the 90 s after which systemd would kill it. */
const STOP_LIMIT_S = 20;

/** A disk whose requests wait, with a file system at /mnt, and what has been read of it forgotten. */
const MAKE = `
  truncate -s 64M /root/image
  dmsetup create hangs --table "0 131072 linear $(losetup --find --show /root/image) 0"
  mkfs.ext4 -q /dev/mapper/hangs && mount /dev/mapper/hangs /mnt
  mkdir /mnt/sub && cp /bin/true /mnt/sub/program && head -c 1M /dev/urandom >/mnt/sub/file
  echo '#!/mnt/sub/program' >/root/script && chmod +x /root/script
  umount /mnt && mount /dev/mapper/hangs /mnt
  echo 3 >/proc/sys/vm/drop_caches`;
const FORGET = 'echo 3 >/proc/sys/vm/drop_caches';
const SUSPEND = 'dmsetup suspend --nolockfs --noflush hangs';
const RESUME = 'dmsetup resume hangs';

const NO_ANSWER = /does not answer/;
const descOf = ({ error }: Answer) => error?.desc ?? 'no error';

it('a disk that does not answer holds up who asks for its files, and nobody else', { skip: noGuests }, async (t) => {
  await using guest = await resumeGuest();
  await guest.shell.run(MAKE);
  await product.start(guest.shell);
  using host = await QgaClient.connect(guest.socketOf('qga'));
  const { return: handle } = await host.ask('guest-file-open', { path: '/mnt/sub/file' });
  await guest.shell.run(SUSPEND);

  await t.test('a read of its file is an error in time, and the next at once', async () => {
    assert.match(descOf(await host.ask('guest-file-read', { handle, count: 4096 })), NO_ANSWER);
    assert.match(descOf(await host.ask('guest-file-read', { handle, count: 4096 })), /waits for an earlier operation/);
    assert.match(descOf(await host.ask('guest-file-open', { path: '/mnt/sub/file' })), NO_ANSWER);
  });

  await t.test('so are its programs, and programs of which it has the interpreter', async () => {
    for (const path of ['/mnt/sub/program', '/root/script', '/mnt/sub/other']) {
      assert.match(descOf(await host.ask('guest-exec', { path })), NO_ANSWER, path);
    }
  });

  await t.test('everything else is answered', () => nothingElseWaits(host));

  await t.test('its size may be missing, and oVirt hears of the guest', async () => {
    assert.match(JSON.stringify(await host.ask('guest-get-fsinfo')), /"\/mnt"/);
    using other = await Vdsm.connect(guest.socketOf('ovirt'));
    await other.newest('heartbeat', ANSWER_TIMEOUT_MS);
  });

  await t.test('when it answers again, so does what waited', async () => {
    await guest.shell.run(RESUME);
    await until(ANSWER_TIMEOUT_MS, 'the file to be free', async () => {
      const { error } = await host.ask('guest-file-seek', { handle, offset: 0, whence: 0 });
      return error === undefined ? true : undefined;
    });
    assert.equal(await outcomeOf(host, '/mnt/sub/program'), 0);
    assert.equal(await outcomeOf(host, '/root/script'), 0);
  });

  await t.test('a freeze that it holds up is given up at a thaw, and what is frozen already is thawed', () =>
    freezeIsGivenUp(guest, host),
  );

  await t.test('the stop of the agent does not wait for it', () => stopsInTime(guest));
});

async function nothingElseWaits(host: QgaClient): Promise<void> {
  assert.deepEqual(await host.ask('guest-ping'), { return: {} });
  assert.equal(typeof (await host.ask('guest-info')).return, 'object');
  assert.deepEqual(await host.ask('guest-fsfreeze-status'), { return: 'thawed' });
  assert.deepEqual(await host.ask('guest-fsfreeze-thaw'), { return: 0 });
  assert.equal(await outcomeOf(host, '/bin/true'), 0);
  const { return: handle } = await host.ask('guest-file-open', { path: '/etc/hostname' });
  const content = { 'buf-b64': Buffer.from('lab\n').toString('base64'), count: 4, eof: true };
  assert.deepEqual(await host.ask('guest-file-read', { handle }), { return: content });
  assert.deepEqual(await host.ask('guest-file-close', { handle }), { return: {} });
}

/** Exit code of a program. */
async function outcomeOf(host: QgaClient, path: string): Promise<unknown> {
  const started = await host.ask('guest-exec', { path });
  assert.equal(started.error, undefined, `${path}: ${descOf(started)}`);
  return until(ANSWER_TIMEOUT_MS, `the end of ${path}`, async () => {
    const { return: status } = await host.ask('guest-exec-status', started.return as object);
    const { exited, exitcode } = status as { exited: boolean; exitcode?: number };
    return exited ? exitcode : undefined;
  });
}

/** Frozen before the other, because it is mounted later. */
const LATER = `
  truncate -s 64M /root/later && mkfs.ext4 -q /root/later && mount -o loop /root/later /srv
  echo unwritten >/mnt/unwritten`;
/** Who writes to a frozen file system cannot be ended, and so is not waited for. */
const writes = (folder: string) =>
  `file=${folder}/$(date +%N); touch $file </dev/null >/dev/null 2>&1 & sleep 3; [ -e $file ] && echo yes || echo no`;

async function freezeIsGivenUp(guest: Machine, host: QgaClient): Promise<void> {
  await guest.shell.run(LATER);
  await guest.shell.run(SUSPEND);
  host.send('guest-fsfreeze-freeze');
  await until(ANSWER_TIMEOUT_MS, 'the freeze', async () => {
    return (await guest.shell.run(writes('/srv'))) === 'no' ? true : undefined;
  });
  host[Symbol.dispose](); // whoever comes next is served
  await sleep(UNPLUGGED_MS);
  using other = await QgaClient.connect(guest.socketOf('qga'));
  assert.deepEqual(await other.ask('guest-fsfreeze-status'), { return: 'frozen' });
  assert.match(descOf(await other.ask('guest-fsfreeze-thaw')), /still under way/);
  assert.equal(await guest.shell.run(writes('/srv')), 'yes');
  assert.deepEqual(await other.ask('guest-ping'), { return: {} });
  await guest.shell.run(RESUME);
  await until(ANSWER_TIMEOUT_MS, 'the thaw', async () => {
    return (await other.ask('guest-fsfreeze-status')).return === 'thawed' ? true : undefined;
  });
  assert.equal(await guest.shell.run(writes('/mnt')), 'yes');
}

async function stopsInTime(guest: Machine): Promise<void> {
  using host = await QgaClient.connect(guest.socketOf('qga'));
  const { return: handle } = await host.ask('guest-file-open', { path: '/mnt/sub/file' });
  await guest.shell.run(`${FORGET}; ${SUSPEND}`);
  host.send('guest-file-read', { handle, count: 1 << 20 });
  const script = `from=$(date +%s); systemctl stop ${product.unit}; echo $(($(date +%s) - from)); ${RESUME}`;
  const seconds = await guest.shell.run(script);
  assert.ok(Number(seconds) <= STOP_LIMIT_S, `stopped after ${seconds} s`);
}
