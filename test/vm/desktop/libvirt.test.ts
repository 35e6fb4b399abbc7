import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pidOf, product } from '../guest/agents.ts';
import { makeNewerPackage } from '../guest/installed.ts';
import { Domain } from '../libvirt/domain.ts';
import { Libvirt } from '../libvirt/libvirt.ts';
import { noLibvirtDesktop } from '../needs.ts';
import { Vdsm } from '../ovirt/vdsm.ts';
import { until } from '../support/wait.ts';
import { Desktop } from './desktop.ts';
import { ours } from './pair.ts';

const SOON_MS = 30_000;
const ROUNDS = 4;
const INSTALL_SECONDS = 300;
/** For an emulated guest, in which each paste starts a program. */
const PASTE_MS = 5_000;

/** A span of the host's clock, ms. */
interface Span {
  readonly from: number;
  readonly to: number;
}

describe('one guest under libvirt, with a SPICE client and an oVirt host', { skip: noLibvirtDesktop }, () => {
  let libvirt: Libvirt;
  let desktop: Desktop<Domain>;
  let vdsm: Vdsm;
  let packages: string;
  let newer: string;

  before(async () => {
    libvirt = await Libvirt.start();
    packages = await mkdtemp(path.join(tmpdir(), 'uga-packages-'));
    newer = await makeNewerPackage(packages);
    const domain = await Domain.boot(libvirt, 'desk', 'desktop', packages);
    await domain.shell.run('ip link set eth0 up && ip address add 192.0.2.7/24 dev eth0');
    desktop = await Desktop.over(domain, ours);
    vdsm = await Vdsm.connect(domain.socketOf('ovirt'));
    await domain.channelBecomes('connected', SOON_MS);
  });

  after(async () => {
    vdsm?.[Symbol.dispose]();
    await desktop?.[Symbol.asyncDispose]();
    await libvirt?.[Symbol.asyncDispose]();
    await rm(packages, { recursive: true, force: true });
  });

  it('all three are served at the same time', async () => {
    const spans = await Promise.all([rounds(askThroughLibvirt), rounds(copyAndPaste), rounds(refreshOvirt)]);
    const lastStart = Math.max(...spans.map(({ from }) => from));
    const firstEnd = Math.min(...spans.map(({ to }) => to));
    assert.ok(lastStart < firstEnd, `no moment in which all three were at work: ${JSON.stringify(spans)}`);
  });

  it('an upgrade is no disconnect for libvirt, and the next paste of the client works within 5 s', async (t) => {
    const { alice, client, guest } = desktop;
    const log = path.join(libvirt.folder, 'events');
    await using _events = await guest.watchEvents(log);
    const former = await pidOf(guest.shell, product);
    await guest.shell.run('mkdir -p /opt/uga && mount -o ro /dev/vdb /opt/uga');
    await guest.shell.run(
      `DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /opt/uga/${newer}`,
      INSTALL_SECONDS,
    );
    const upgraded = Date.now();
    await client.copy('clipboard', 'after the upgrade');
    await until(SOON_MS, 'the text in the guest', async () => {
      return (await alice.paste('clipboard')) === 'after the upgrade' || undefined;
    });
    const took = Date.now() - upgraded;
    t.diagnostic(`pasted ${took} ms after the upgrade`);
    assert.ok(took < PASTE_MS, `${took} ms`);
    assert.notEqual(await pidOf(guest.shell, product), former);
    assert.match(await guest.shell.run('dpkg --status uga'), /^Version: .*\+next$/m);
    await askThroughLibvirt();
    assert.doesNotMatch(await readFile(log, 'utf8'), /agent-lifecycle/);
    await refreshOvirt();
    await copyAndPaste(ROUNDS);
  });

  it('libvirt and oVirt are served on when the client has gone', async () => {
    await desktop.client[Symbol.asyncDispose]();
    await askThroughLibvirt();
    await refreshOvirt();
  });

  async function rounds(deed: (round: number) => Promise<void>): Promise<Span> {
    const from = Date.now();
    for (let round = 0; round < ROUNDS; round++) await deed(round);
    return { from, to: Date.now() };
  }

  async function askThroughLibvirt(): Promise<void> {
    const { guest } = desktop;
    const info = await guest.virsh('guestinfo', '--os', '--hostname', '--user');
    assert.match(info, /^os\.id +: debian$/m);
    assert.match(info, /^hostname +: lab$/m);
    assert.match(info, /^user\.0\.name +: alice$/m);
    assert.equal(await guest.virsh('domhostname', '--source', 'agent'), 'lab');
    const table = await guest.virsh('domifaddr', '--source', 'agent');
    assert.match(table, /eth0 +52:54:00(:[0-9a-f]{2}){3} +ipv4 +192\.0\.2\.7\/24/);
  }

  async function copyAndPaste(round: number): Promise<void> {
    const { alice, client } = desktop;
    await client.copy('clipboard', `from the client ${round}`);
    await until(SOON_MS, 'the text in the guest', async () => {
      return (await alice.paste('clipboard')) === `from the client ${round}` || undefined;
    });
    await alice.copy('clipboard', `from alice ${round}`);
    await client.sees(SOON_MS, 'the grab of the guest', (state) => state.guestOwns.clipboard);
    assert.equal(await client.paste('clipboard'), `from alice ${round}`);
  }

  async function refreshOvirt(): Promise<void> {
    const before = vdsm.all('host-name').length;
    vdsm.send('refresh', { apiVersion: 3 });
    await until(SOON_MS, 'the reports', async () => vdsm.all('host-name').length > before || undefined);
    assert.equal((await vdsm.newest('active-user', SOON_MS)).name, 'alice');
    assert.equal((await vdsm.newest('fqdn', SOON_MS)).fqdn, 'lab');
    await vdsm.newest('heartbeat', SOON_MS, ({ apiVersion }) => apiVersion === 3 || apiVersion === 0);
  }
});
