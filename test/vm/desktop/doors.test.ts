import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { product } from '../guest/agents.ts';
import { clockAhead } from '../guest/clock.ts';
import { QgaClient } from '../guest/qga-client.ts';
import type { RootShell } from '../guest/root-shell.ts';
import { noDesktop } from '../needs.ts';
import { type OvirtMessage, Vdsm } from '../ovirt/vdsm.ts';
import { until } from '../support/wait.ts';
import { Desktop } from './desktop.ts';
import { activeSession, askForUser, toldLocked, watchLogind } from './logind.ts';
import { ours } from './pair.ts';
import { slowness } from './served.ts';

const SOON_MS = 30_000;

/** The third beat comes 10 s after the first. */
const BEATS_MS = 60_000;

/** Between a heartbeat and the look into the guest memory comes and goes. */
const NEAR_KIB = 64 * 1024;

/** So soon after logind's own signal a host hears of it, on an idle machine. */
const WORD_MS = 1_000;
/** What is told twice comes within this. */
const TWICE_MS = 1_500;

/** In the image; `none-such` is nowhere. */
const APPLICATIONS = ['bash', 'libc6', 'openbox', 'systemd', 'none-such'];

/** Terminals are warned at once of what comes within a quarter of an hour: logind-dbus.c, manager_setup_wall_message_timer. */
const WARNED_SECONDS = 800;
const TERMINAL = '/run/lab/terminal';

describe('the three doors of one agent', { skip: noDesktop }, () => {
  let desktop: Desktop;
  let vdsm: Vdsm;
  let qga: QgaClient;

  before(async () => {
    desktop = await Desktop.start(ours, async ({ shell }) => {
      await shell.run('ln -sf /usr/share/zoneinfo/Europe/Prague /etc/localtime');
      await shell.run(
        "mkdir -p /etc/uga/uga.conf.d && printf '[spice]\\non-disconnect=lock\\n[ovirt]\\napplications_list=%s\\n' " +
          `'${APPLICATIONS.join(' ')}' >/etc/uga/uga.conf.d/50-test.conf`,
      );
      await lockWithLogind(shell);
      await shell.run('ip link set eth0 up && ip address add 192.0.2.7/24 dev eth0');
    });
    vdsm = await Vdsm.connect(desktop.guest.socketOf('ovirt'));
    qga = await QgaClient.connect(desktop.guest.socketOf('qga'));
    await watchLogind(desktop.guest.shell);
  });

  after(async () => {
    qga?.[Symbol.dispose]();
    vdsm?.[Symbol.dispose]();
    await desktop?.[Symbol.asyncDispose]();
  });

  const run = (command: string) => desktop.guest.shell.run(command);
  const told = (name: string, test?: (message: OvirtMessage) => boolean) => vdsm.newest(name, SOON_MS, test);

  it('oVirt: the first heartbeat offers version 0, the others 3, and 3 comes into force', async () => {
    const beats = await until(BEATS_MS, 'three heartbeats', async () => {
      const beats = vdsm.all('heartbeat');
      return beats.length >= 3 ? beats : undefined;
    });
    assert.deepEqual(
      beats.slice(0, 3).map(({ apiVersion }) => apiVersion),
      [0, 3, 3],
    );
    await told('os-info'); // of version 2
  });

  it('oVirt: names and versions are those of hostname, uname and os-release', async () => {
    const name = await run('hostname -f');
    const kernel = await run('uname -r');
    assert.equal((await told('host-name')).name, name);
    assert.equal((await told('fqdn')).fqdn, name);
    assert.equal((await told('os-version')).version, kernel);
    const [distribution, version, codename] = (
      await run('. /etc/os-release; echo "$NAME|$VERSION_ID|$VERSION_CODENAME"')
    ).split('|');
    const arch = await run('uname -m');
    const { __name__, ...info } = await told('os-info');
    assert.deepEqual(info, { version, distribution, codename, arch, type: 'linux', kernel });
  });

  it('oVirt: the interfaces are those of ip', async () => {
    const links = JSON.parse(await run('ip -json address show dev eth0')) as Link[];
    assert.equal(links.length, 1);
    const expected = links.map(({ ifname, address, addr_info }) => ({
      name: ifname,
      hw: address,
      inet: addr_info.filter(({ family }) => family === 'inet').map(({ local }) => local),
      inet6: addr_info.filter(({ family }) => family === 'inet6').map(({ local }) => local),
    }));
    assert.deepEqual((await told('network-interfaces')).interfaces, expected);
  });

  it('oVirt: the time zone is that of timedatectl, its offset that of date in winter', async () => {
    const { zone, offset } = await told('timezone');
    assert.equal(zone, await run('timedatectl show --property=Timezone --value'));
    assert.equal(offset, minutes(await run('date --date=2026-01-01 +%z')));
  });

  it('oVirt: names and versions are those of hostnamectl too', async () => {
    const { Hostname, KernelRelease, OperatingSystemPrettyName } = JSON.parse(await run('hostnamectl --json=short'));
    const { distribution, version, codename, kernel } = await told('os-info');
    assert.equal((await told('host-name')).name, Hostname);
    assert.equal(kernel, KernelRelease);
    assert.equal(`${distribution} ${version} (${codename})`, OperatingSystemPrettyName);
  });

  it('oVirt: the memory is that of free', async () => {
    const [, memory = '', swap = ''] = (await run('free --kibi --wide')).split('\n');
    const [total, , unused, , buffers] = memory.split(/\s+/).slice(1).map(Number);
    const beat = await vdsm.newest('heartbeat', SOON_MS);
    const { mem_total, mem_unused, mem_free, mem_buffers, swap_total } = beat['memory-stat'] as Record<string, number>;
    assert.deepEqual([mem_total, swap_total], [total, Number(swap.split(/\s+/)[1])]);
    assert.ok(Math.abs(Number(mem_unused) - Number(unused)) < NEAR_KIB, `${mem_unused} is near ${unused}`);
    assert.ok(Math.abs(Number(mem_buffers) - Number(buffers)) < NEAR_KIB, `${mem_buffers} is near ${buffers}`);
    assert.equal(beat['free-ram'], String(Math.floor(Number(mem_free) / 1024)));
  });

  it('QGA and SPICE answer meanwhile, and QGA says the same as uname and who', async () => {
    const { return: info } = await qga.ask('guest-get-osinfo');
    assert.equal((info as Record<string, string>)['kernel-release'], await run('uname -r'));
    const { return: users } = await qga.ask('guest-get-users');
    assert.deepEqual(
      (users as { user: string }[]).map(({ user }) => user),
      (await run('who | cut -d" " -f1')).split('\n').filter(Boolean),
    );
    await desktop.client.copy('clipboard', 'meanwhile');
    await until(SOON_MS, 'the text of the client', async () => {
      return (await desktop.alice.paste('clipboard')) === 'meanwhile' || undefined;
    });
  });

  it('oVirt: the file systems are those of df, and the disks are known by the serial of udev', async () => {
    const { disks, mapping } = await told('disks-usage');
    const rows = (await run('df --block-size=1 --output=target,fstype,size,used -x tmpfs -x devtmpfs -x efivarfs'))
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
    const found = disks as readonly { path: string; fs: string; total: number; used: number }[];
    assert.deepEqual(
      found.map(({ path, fs, total }) => [path, fs, String(total)]).sort(),
      rows.map(([path = '', fs = '', total = '']) => [path, fs, total]).sort(),
    );
    const [, , , used] = rows.find(([path]) => path === '/') ?? [];
    const root = found.find(({ path }) => path === '/');
    assert.ok(Math.abs(Number(root?.used) - Number(used)) < NEAR_KIB * 1024, `${root?.used} is near ${used}`);
    const serials = await run(
      'for disk in $(lsblk --nodeps --noheadings --paths --output NAME); do ' +
        'udevadm info --query=property --property=ID_SERIAL --value $disk | sed "s#$# $disk#" | grep -v "^ " || true; done',
    );
    const expected = serials
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '));
    assert.deepEqual(mapping, Object.fromEntries(expected.map(([serial, name]) => [serial, { name }])));
  });

  it('oVirt: the applications are those of dpkg-query that it asks for, and ourselves', async () => {
    const { applications } = await told('applications');
    const [, version] = (await run('uga --version')).split(' ');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of dpkg-query
    const query = "dpkg-query --show --showformat='${Package}-${Version}\\n'";
    const expected = (await run(`${query} ${APPLICATIONS.join(' ')} 2>/dev/null || true`)).split('\n');
    assert.equal(expected.length, APPLICATIONS.length - 1);
    const list = applications as readonly string[];
    assert.deepEqual(list.slice(0, -1).sort(), expected.sort());
    assert.equal(list.at(-1), `ovirt-guest-agent-${version}`);
  });

  it('oVirt: hooks run in the order of their names, and the host gets its word', async () => {
    const folder = '/etc/uga/lifecycle.d/before_migration';
    await run(
      `mkdir -p ${folder} && for name in b a; do printf '#!/bin/sh\\necho '$name' $UGA_EVENT >>/run/lab/hooks\\n' ` +
        `>${folder}/$name && chmod 755 ${folder}/$name; done`,
    );
    vdsm.send('lifecycle-event', { type: 'before_migration', reply_id: 'in-a-guest' });
    const { reply_id, done } = await told('completion');
    assert.deepEqual([reply_id, done], ['in-a-guest', true]);
    assert.equal(await run('cat /run/lab/hooks'), 'a before_migration\nb before_migration');
  });

  it('oVirt: a shutdown with a delay is kept by logind to the second, reaches terminals, and another replaces it', async () => {
    const scheduled = async () => {
      const text = await run('cat /run/systemd/shutdown/scheduled');
      return Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/) as [string, string]));
    };
    await atTerminal('alice');
    vdsm.send('shutdown', { timeout: WARNED_SECONDS, message: 'Maintenance', reboot: 'False' });
    const first = await until(SOON_MS, 'the plan', async () => scheduled().catch(() => undefined));
    assert.deepEqual([first.MODE, first.WALL_MESSAGE], ['poweroff', 'Maintenance']);
    await until(SOON_MS, 'the message at the terminal', async () => {
      return (await desktop.guest.shell.try(`grep -q Maintenance ${TERMINAL}`)).status === 0 || undefined;
    });
    vdsm.send('shutdown', { timeout: String(WARNED_SECONDS + 1000), message: 'Later', reboot: 'True' });
    const second = await until(SOON_MS, 'the second plan', async () => {
      const plan = await scheduled();
      return plan.MODE === 'reboot' ? plan : undefined;
    });
    const apart = (Number(second.USEC) - Number(first.USEC)) / 1e6;
    assert.ok(apart > 999 && apart < 1060, `${apart} s later`);
    await run('shutdown -c; systemctl stop lab-terminal');
  });

  /** Logs a user in at a terminal; what is shown there is written down. */
  async function atTerminal(user: string): Promise<void> {
    await run(
      `systemd-run --quiet --collect --unit=lab-terminal sh -c \
        'sleep 600 | script --quiet --flush --command "login -f ${user}" ${TERMINAL}'`,
    );
    await until(SOON_MS, 'the login at a terminal', async () => {
      return (await desktop.guest.shell.try(`who | grep -q '^${user} *pts/'`)).status === 0 || undefined;
    });
  }

  const isLocked = async () => (await run(`loginctl show-session -p LockedHint --value ${alicesId}`)) === 'yes';
  const unlock = () => run(`busctl call ${LOGIND} "$(cat ${SESSION_PATH})" ${LOGIND}.Session SetLockedHint b false`);
  let alicesId = '';

  it('QGA: a lock is told when the session says that it is locked, and oVirt hears of it', async () => {
    alicesId = (await activeSession(desktop.guest.shell, 'alice')).id;
    const { return: outcome } = await qga.ask('uga-session-lock');
    assert.deepEqual(outcome, [{ session: alicesId, user: 'alice', locked: true, by: `${LOGIND}.Session` }]);
    assert.ok(await isLocked());
    await told('session-lock');
    const { return: again } = await qga.ask('uga-session-lock', { session: alicesId });
    assert.deepEqual(again, [{ session: alicesId, user: 'alice', locked: true, why: 'it was locked already' }]);
    await unlock();
    await told('session-unlock');
  });

  it('oVirt: lock-screen locks', async () => {
    const before = vdsm.all('session-lock').length;
    vdsm.send('lock-screen');
    await until(SOON_MS, 'the lock', async () => (await isLocked()) || undefined);
    await until(SOON_MS, 'the word of it', async () => vdsm.all('session-lock').length > before || undefined);
    await unlock();
  });

  it('SPICE: while the screen is locked neither side has what the other copied, and both have it after', async () => {
    const { client, alice } = desktop;
    await alice.copy('clipboard', 'before the lock');
    await client.sees(SOON_MS, 'what alice copied', ({ guestOwns }) => guestOwns.clipboard);
    await client.copy('primary', 'marked before the lock');
    await until(SOON_MS, 'what the client marked', async () => (await alice.paste('primary')) || undefined);

    await qga.ask('uga-session-lock');
    await client.sees(SOON_MS, 'the release', ({ guestOwns }) => !guestOwns.clipboard);
    await assert.rejects(client.paste('clipboard'), /has none/);
    await until(SOON_MS, 'nothing to paste', async () => (await alice.paste('primary')) === undefined || undefined);

    await unlock();
    await client.sees(SOON_MS, 'the clipboard of alice', ({ guestOwns }) => guestOwns.clipboard);
    assert.equal(await client.paste('clipboard'), 'before the lock');
    await until(SOON_MS, 'what the client has marked', async () => {
      return (await alice.paste('primary')) === 'marked before the lock' || undefined;
    });
  });

  it('SPICE: when the client leaves, the screen of whoever is logged in is locked', async () => {
    assert.ok(!(await isLocked()));
    await desktop.client[Symbol.asyncDispose]();
    await until(SOON_MS, 'the lock', async () => (await isLocked()) || undefined);
    await unlock();
  });

  it('oVirt: a lock and an unlock are told once, at once', async (t) => {
    const { shell } = desktop.guest;
    const start = Date.now();
    await run(`loginctl lock-session ${alicesId}`);
    await isToldOnce(t, start, [['session-lock']], () => toldLocked(shell, true));
    const locked = Date.now();
    await unlock();
    await isToldOnce(t, locked, [['session-unlock']], () => toldLocked(shell, false));
  });

  it('oVirt: the active user is the one at the screen, and nobody is while the greeter is', async () => {
    await told('active-user', ({ name }) => name === 'alice');
    await askForUser(desktop.guest.shell, 'bob');
    await activeSession(desktop.guest.shell, 'lightdm');
    await told('active-user', ({ name }) => name === 'None');
    await told('session-logoff');
  });

  /** Each of these words came once since then, soon after what logind has told. */
  async function isToldOnce(
    t: TestContext,
    since: number,
    words: readonly (readonly [word: string, name?: string])[],
    cause: () => Promise<number>,
  ): Promise<void> {
    const heard = ([word, name]: (typeof words)[number]) =>
      vdsm.all(word).filter((one) => vdsm.heardAt(one) > since && (name === undefined || one.name === name));
    await until(SOON_MS, words.join(), async () => words.every((word) => heard(word).length > 0) || undefined);
    await sleep(TWICE_MS);
    const signal = (await cause()) - (await clockAhead(desktop.guest.shell));
    for (const word of words) {
      const [message, ...more] = heard(word);
      assert.deepEqual(more, [], `${word} was told again`);
      const delay = Math.round(vdsm.heardAt(message as OvirtMessage) - signal);
      const text = `${word.join(' ')}: ${delay} ms after logind's signal`;
      t.diagnostic(text);
      assert.ok(delay <= WORD_MS * slowness(), text);
    }
  }

  it('oVirt: an agent that is restarted under a connected host says so, and tells all anew', async () => {
    vdsm.messages.length = 0;
    await run(`systemctl restart ${product.unit}`);
    await told('session-startup');
    await told('os-info'); // of version 2, which is agreed upon again
    const names = vdsm.messages.map(({ __name__ }) => __name__);
    assert.ok(names.indexOf('session-shutdown') < names.indexOf('session-startup'), names.join());
    const beats = vdsm.all('heartbeat').filter(({ apiVersion }) => apiVersion === 0);
    assert.equal(beats.length, 1);
  });

  it('oVirt: the end of the agent and the removal of its package are told', async () => {
    vdsm.messages.length = 0;
    await desktop.guest.shell.run('apt-get purge -y uga >/dev/null 2>&1', 120);
    await told('uninstalled');
    assert.deepEqual(
      vdsm.messages
        .map(({ __name__ }) => __name__)
        .filter((name) => name !== 'heartbeat')
        .slice(-2),
      ['session-shutdown', 'uninstalled'],
    );
  });
});

const LOGIND = 'org.freedesktop.login1';
const SESSION_PATH = '/run/lab/locked-session';

/** The desktop guest has no screen lock of its own: this is one that follows logind's signal, as desktops do. */
async function lockWithLogind(shell: RootShell): Promise<void> {
  const script = `dbus-monitor --system "type=signal,interface=${LOGIND}.Session,member=Lock" |
    while read -r line; do
      case $line in *member=Lock*)
        path=\${line#*path=}; path=\${path%%;*}; echo "$path" >${SESSION_PATH}
        busctl call ${LOGIND} "$path" ${LOGIND}.Session SetLockedHint b true ;;
      esac
    done`;
  const bytes = Buffer.from(script).toString('base64');
  await shell.run(`mkdir -p /run/lab && echo ${bytes} | base64 -d >/run/lab/lock.sh`);
  await shell.run('systemd-run --quiet --collect --unit=lab-lock sh /run/lab/lock.sh');
}

interface Link {
  readonly ifname: string;
  readonly address: string;
  readonly addr_info: readonly { readonly family: string; readonly local: string }[];
}

/** `+0130` is 90. */
function minutes(zone: string): number {
  const [, sign, hours, rest] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  return Number(`${sign}1`) * (Number(hours) * 60 + Number(rest));
}
