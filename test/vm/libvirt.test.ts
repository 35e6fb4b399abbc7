import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { product as agent, pidOf } from './guest/agents.ts';
import { Domain } from './libvirt/domain.ts';
import { Libvirt } from './libvirt/libvirt.ts';
import { noLibvirt } from './needs.ts';
import { until } from './support/wait.ts';

/** One boot for all; the tests stand in an order in which each leaves the guest usable, and the last ends it. */
describe('libvirt', { skip: noLibvirt }, () => {
  let libvirt: Libvirt;
  let domain: Domain;

  before(async () => {
    libvirt = await Libvirt.start();
    domain = await Domain.boot(libvirt, 'lab');
    await agent.start(domain.shell);
    await domain.channelBecomes('connected', 30_000);
  });

  after(async () => {
    await domain?.[Symbol.asyncDispose]();
    await libvirt?.[Symbol.asyncDispose]();
  });

  it('pings the agent with qemu-agent-command', async () => {
    assert.deepEqual(await domain.ask({ execute: 'guest-ping' }), {});
  });

  it('learns from guest-info which commands there are', async () => {
    const info = (await domain.ask({ execute: 'guest-info' })) as Info;
    const enabled = info.supported_commands.filter((command) => command.enabled).map((command) => command.name);
    for (const name of ['guest-ping', 'guest-sync-delimited', 'guest-shutdown'])
      assert.ok(enabled.includes(name), name);
  });

  it('collects guestinfo', async () => {
    const info = await domain.virsh('guestinfo', '--os', '--timezone', '--hostname', '--user');
    assert.match(info, /^os\.id +: debian$/m);
    assert.match(info, /^os\.version-id +: 12$/m);
    assert.match(info, /^timezone\.offset +: 0$/m);
    assert.match(info, /^hostname +: lab$/m);
    assert.match(info, /^user\.count +: 0$/m);
  });

  it('shows the guest addresses that the agent tells', async () => {
    await domain.shell.run('ip link set eth0 up && ip address add 192.0.2.7/24 dev eth0');
    const table = await domain.virsh('domifaddr', '--source', 'agent', '--full');
    assert.match(table, /lo +00:00:00:00:00:00 +ipv4 +127\.0\.0\.1\/8/);
    assert.match(table, /eth0 +52:54:00(:[0-9a-f]{2}){3} +ipv4 +192\.0\.2\.7\/24/);
  });

  it('sees the agent die and come back, and talks to the new one', async () => {
    const log = path.join(libvirt.folder, 'events');
    await using _events = await domain.watchEvents(log);
    const before = await pidOf(domain.shell, agent);
    await domain.shell.run(`kill -9 ${before}`);
    await until(60_000, 'libvirt to see both', async () => {
      const seen = await readFile(log, 'utf8');
      return /state: 'disconnected'[\s\S]*state: 'connected'/.test(seen) || undefined;
    });
    assert.equal(await domain.channelState(), 'connected');
    assert.deepEqual(await domain.ask({ execute: 'guest-ping' }), {});
    assert.notEqual(await pidOf(domain.shell, agent), before);
  });

  it('shuts the guest down through the agent', async () => {
    await domain.virsh('shutdown', '--mode', 'agent');
    await domain.gone(60_000);
  });
});

interface Info {
  readonly supported_commands: readonly { readonly name: string; readonly enabled: boolean }[];
}
