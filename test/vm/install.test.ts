import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { ScriptedHost } from '#test/support/vdagent-host.ts';
import { pidOf, product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import { installPackage, PACKAGES, replacePackage } from './guest/installed.ts';
import type { Machine } from './guest/machine.ts';
import { QgaClient } from './guest/qga-client.ts';
import type { RootShell } from './guest/root-shell.ts';
import { booted } from './guest/saved-state.ts';
import { noGuests } from './needs.ts';
import { Vdsm } from './ovirt/vdsm.ts';
import { until } from './support/wait.ts';

const SOON_MS = 60_000;
const BOOT_TIMEOUT_MS = 180_000;

for (const image of ['bookworm', 'trixie'] as const) {
  describe(`the package on a clean ${image}`, { skip: noGuests }, () => {
    it('is installed without a network, answers at once and after a restart at all three doors, and leaves nothing when it is purged', async (t) => {
      await using guest = await resumeGuest({ image, installed: false, payload: PACKAGES });
      const { shell } = guest;
      const before = await traces(shell);

      await timed(t, 'apt install', () => installPackage(shell));
      await timed(t, 'answers after the installation', () => threeDoorsAnswer(guest));
      await timed(t, 'restart', () => restart(guest));
      await timed(t, 'answers after the restart', () => threeDoorsAnswer(guest));

      await shell.run('apt-get purge -y uga', 120);
      const after = await traces(shell);
      for (const kind of Object.keys(before) as (keyof typeof before)[]) {
        assert.deepEqual(difference(after[kind], before[kind]), [], `${kind} that the package left`);
        assert.deepEqual(difference(before[kind], after[kind]), [], `${kind} that went with the package`);
      }
    });

    if (image !== 'bookworm') return; // what follows is dpkg's and systemd's, and takes minutes

    it('takes the place of a version that runs, and keeps what the administrator has configured', async () => {
      await using guest = await resumeGuest({ image, payload: PACKAGES });
      const { shell } = guest;
      await shell.run("echo '# ours' >>/etc/uga/uga.conf && echo '# more' >/etc/uga/uga.conf.d/more.conf");
      await product.start(shell);
      using host = await QgaClient.connect(guest.socketOf('qga'));
      const former = await pidOf(shell, product);
      await replacePackage(shell);
      assert.notEqual(await pidOf(shell, product), former);
      assert.deepEqual(await host.ask('guest-ping'), { return: {} });
      assert.match(await shell.run('cat /etc/uga/uga.conf'), /# ours$/);
      assert.equal(await shell.run('cat /etc/uga/uga.conf.d/more.conf'), '# more');
      await reloadsLists(guest, host);
    });

    it('stays switched off where the administrator has switched it off', async () => {
      await using guest = await resumeGuest({ image, payload: PACKAGES });
      const { shell } = guest;
      await shell.run(`systemctl --quiet mask ${product.unit}`);
      await replacePackage(shell);
      assert.equal((await shell.try(`systemctl is-active ${product.unit}`)).stdout, 'inactive\n');
    });
  });
}

async function threeDoorsAnswer(guest: Machine): Promise<void> {
  using qga = await QgaClient.connect(guest.socketOf('qga'));
  assert.deepEqual(await qga.ask('guest-ping'), { return: {} });
  using ovirt = await Vdsm.connect(guest.socketOf('ovirt'));
  await ovirt.newest('heartbeat', SOON_MS);
  const spice = createConnection(guest.socketOf('vdagent'));
  try {
    const host = new ScriptedHost((bytes) => spice.write(bytes));
    spice.on('data', (bytes) => host.hear(bytes));
    host.send('announce-capabilities', { request: true, capabilities: host.capabilities });
    await until(SOON_MS, 'the capabilities of the SPICE agent', async () => host.heardCount > 0 || undefined);
  } finally {
    spice.destroy();
  }
}

/** `systemctl reload` takes up a new block list; the process stays. */
async function reloadsLists({ shell }: Machine, host: QgaClient): Promise<void> {
  const process = await pidOf(shell, product);
  await shell.run("printf '[qga]\\nblock-rpcs=guest-get-users\\n' >/etc/uga/uga.conf.d/more.conf");
  await shell.run(`systemctl reload ${product.unit}`);
  const { error } = await until(SOON_MS, 'the new list', async () => {
    const answer = await host.ask('guest-get-users');
    return answer.error === undefined ? undefined : answer;
  });
  assert.match(error?.desc ?? '', /has been disabled/);
  assert.equal(await pidOf(shell, product), process);
}

async function restart(guest: Machine): Promise<void> {
  const reset = guest.qmp.event('RESET', SOON_MS);
  await guest.shell.run('systemctl --no-block reboot');
  await reset;
  await guest.shell.ready(BOOT_TIMEOUT_MS);
  await booted(guest.shell);
}

/** What a package could leave behind. Not what apt, dpkg, udev and the journal write about any package. */
async function traces(shell: RootShell) {
  const lines = async (command: string) => (await shell.run(command)).split('\n').filter(Boolean);
  const ours = "grep -iE 'uga|spice|ovirt|qemu' || true";
  return {
    files: await lines(
      `find / -xdev \\( -path /proc -o -path /sys -o -path /tmp -o -path /var/tmp -o -path /opt/uga -o -path /var/lib/dpkg -o -path /var/lib/apt \\
         -o -path /var/cache -o -path /var/log -o -path /var/lib/systemd \\) -prune -o -print`,
    ),
    'leftovers of the helpers': await lines(
      `find /var/lib/systemd /run /var/lib/dpkg -xdev 2>/dev/null | grep -v ^/run/udev/ | ${ours}`,
    ),
    units: await lines(
      `{ systemctl list-unit-files --no-legend; systemctl list-units --all --no-legend --plain --type=service,socket,target,timer,path; } | ${ours}`,
    ),
    'user units': await lines(`find /etc/systemd/user /usr/lib/systemd/user 2>/dev/null; true`),
    users: await lines('getent passwd; getent group'),
    sockets: await lines(`awk '{ print $8 }' /proc/net/unix | ${ours}`),
    processes: await lines('readlink /proc/[0-9]*/exe | grep -i uga || true'),
  };
}

function difference(some: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return some.filter((one) => !known.has(one));
}

async function timed<T>(t: TestContext, what: string, act: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const result = await act();
  t.diagnostic(`${what}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return result;
}
