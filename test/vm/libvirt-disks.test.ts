import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { product as agent } from './guest/agents.ts';
import { Domain } from './libvirt/domain.ts';
import { Libvirt } from './libvirt/libvirt.ts';
import { noLibvirt } from './needs.ts';
import { until } from './support/wait.ts';

const TIMEOUT_MS = 60_000;

/** One boot for all: each leaves the guest usable. */
describe("libvirt's words for disks, processors and sleep", { skip: noLibvirt }, () => {
  let libvirt: Libvirt;
  let domain: Domain;

  before(async () => {
    libvirt = await Libvirt.start();
    domain = await Domain.boot(libvirt, 'disks');
    await agent.start(domain.shell);
    await domain.channelBecomes('connected', TIMEOUT_MS);
  });

  after(async () => {
    await domain?.[Symbol.asyncDispose]();
    await libvirt?.[Symbol.asyncDispose]();
  });

  it('domfsinfo', async () => {
    const table = await domain.virsh('domfsinfo');
    assert.match(table, /^ ?\/ +vda +ext4 +vda$/m);
    assert.match(table, /^ ?\/opt\/uga +vdb +ext4 +vdb$/m);
  });

  it('guestinfo --filesystem --disk', async () => {
    const info = await domain.virsh('guestinfo', '--filesystem', '--disk');
    assert.match(info, /^fs\.count +: 2$/m);
    assert.match(info, /^fs\.0\.mountpoint +: \/$/m);
    assert.match(info, /^fs\.0\.total-bytes +: \d{9,}$/m);
    assert.match(info, /^fs\.0\.disk\.0\.alias +: vda$/m);
    assert.match(info, /^disk\.count +: 2$/m);
    assert.match(info, /^disk\.\d\.name +: \/dev\/vda$/m);
  });

  it('domfstrim', async () => {
    await domain.virsh('domfstrim', '--minimum', '4096');
  });

  it('guestvcpus and setvcpus --guest, seen inside', async () => {
    const online = () => domain.shell.run('cat /sys/devices/system/cpu/online');
    assert.match(await domain.virsh('guestvcpus'), /^vcpus +: 0-1$[\s\S]*^online +: 0-1$/m);
    await domain.virsh('guestvcpus', '--disable', '1');
    assert.equal(await online(), '0');
    await domain.virsh('setvcpus', '2', '--guest');
    assert.equal(await online(), '0-1');
    await domain.virsh('setvcpus', '1', '--guest');
    assert.equal(await online(), '0');
    await domain.virsh('guestvcpus', '--enable', '1');
    assert.equal(await online(), '0-1');
  });

  it('dompmsuspend and dompmwakeup: the agent answers again', async () => {
    const stateBecomes = (state: string) =>
      until(TIMEOUT_MS, `the domain to be ${state}`, async () =>
        (await domain.virsh('domstate')) === state ? true : undefined,
      );
    await domain.virsh('dompmsuspend', 'mem');
    await stateBecomes('pmsuspended');
    await domain.virsh('dompmwakeup');
    await stateBecomes('running');
    // The guest's driver opens the port anew when it wakes up.
    await domain.channelBecomes('connected', TIMEOUT_MS);
    assert.deepEqual(await domain.ask({ execute: 'guest-ping' }), {});
  });
});
