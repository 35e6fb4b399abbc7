import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from '../../support/wait.ts';
import type { Domain } from '../domain.ts';

const LOGIN_TIMEOUT_MS = 60_000;
/** All that this release of libvirt has. Named one by one, a type that the agent does not know is an error. */
const TYPES = ['--user', '--os', '--timezone', '--hostname', '--filesystem', '--disk', '--interface'];

/** What libvirt tells of the guest, against what the guest says itself. */
export function information(domain: () => Domain): void {
  const inside = (command: string) => domain().shell.run(command);
  const lines = async (command: string) => (await inside(command)).split('\n');

  it('guest-info: which commands there are', async () => {
    const info = (await domain().ask({ execute: 'guest-info' })) as Info;
    const enabled = info.supported_commands.filter((command) => command.enabled).map((command) => command.name);
    for (const name of ['guest-ping', 'guest-sync-delimited', 'guest-shutdown'])
      assert.ok(enabled.includes(name), name);
  });

  it('domifaddr: the addresses that the agent tells', async () => {
    await inside('ip link set eth0 up && ip address add 192.0.2.7/24 dev eth0');
    const table = await domain().virsh('domifaddr', '--source', 'agent', '--full');
    assert.match(table, /lo +00:00:00:00:00:00 +ipv4 +127\.0\.0\.1\/8/);
    assert.match(table, /eth0 +52:54:00(:[0-9a-f]{2}){3} +ipv4 +192\.0\.2\.7\/24/);
  });

  it('domhostname', async () => {
    assert.equal(await domain().virsh('domhostname', '--source', 'agent'), await inside('hostname'));
  });

  it('guestinfo: every type', async () => {
    await inside('systemd-run --quiet --unit=login agetty --autologin alice --noclear tty3 linux');
    await until(LOGIN_TIMEOUT_MS, 'the login of alice', async () => /alice/.test(await inside('who')) || undefined);
    const info = membersOf(await domain().virsh('guestinfo', ...TYPES));
    const of = (name: string) => info.get(name);
    const all = (pattern: RegExp) => [...info].filter(([name]) => pattern.test(name)).map(([, value]) => value);

    assert.deepEqual(all(/^user\.\d+\.name$/), ['alice']);
    assert.ok(Number(of('user.0.login-time')) > 1e12, of('user.0.login-time'));
    const uname = (await inside('uname -r; uname -v; uname -m')).split('\n');
    assert.deepEqual([of('os.kernel-release'), of('os.kernel-version'), of('os.machine')], uname);
    const release = await inside('. /etc/os-release; echo "$ID|$NAME|$PRETTY_NAME|$VERSION|$VERSION_ID"');
    const named = ['id', 'name', 'pretty-name', 'version', 'version-id'].map((name) => of(`os.${name}`));
    assert.equal(named.join('|'), release);
    assert.deepEqual([of('timezone.name'), of('timezone.offset')], [await inside('date +%Z'), '0']);
    assert.equal(of('hostname'), await inside('hostname'));
    const mounted = await lines("findmnt --real -rno TARGET,FSTYPE | awk '/ ext4$/ { print $1 }' | sort");
    assert.deepEqual(all(/^fs\.\d+\.mountpoint$/).sort(), mounted);
    assert.deepEqual(all(/^fs\.\d+\.fstype$/), ['ext4']);
    assert.deepEqual(all(/^fs\.\d+\.disk\.0\.alias$/), ['vda']);
    assert.deepEqual(all(/^disk\.\d+\.name$/).sort(), await lines('lsblk -nrpo NAME | sort'));
    assert.deepEqual(all(/^if\.\d+\.name$/).sort(), await lines('ls /sys/class/net'));
    assert.ok(all(/^if\.\d+\.addr\.\d+\.addr$/).includes('192.0.2.7'));
    await inside('systemctl stop login');
  });
}

interface Info {
  readonly supported_commands: readonly { readonly name: string; readonly enabled: boolean }[];
}

/** `name   : value` a line. */
function membersOf(text: string): ReadonlyMap<string, string> {
  const pairs = [...text.matchAll(/^(\S+) *: (.*)$/gm)];
  return new Map(pairs.map(([, name = '', value = '']) => [name, value]));
}
