import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { product as agent, pidOf } from '../../guest/agents.ts';
import { until } from '../../support/wait.ts';
import type { Domain } from '../domain.ts';
import type { Libvirt } from '../libvirt.ts';

const TIMEOUT_MS = 60_000;
const REBOOT_TIMEOUT_MS = 120_000;

/** The agent's end and the guest's; nothing can follow. */
export function life(stage: () => { readonly libvirt: Libvirt; readonly domain: Domain }): void {
  it('libvirt sees the agent die and come back, and talks to the new one', async () => {
    const { libvirt, domain } = stage();
    const log = path.join(libvirt.folder, 'events');
    await using _events = await domain.watchEvents(log);
    const before = await pidOf(domain.shell, agent);
    await domain.shell.run(`kill -9 ${before}`);
    await until(TIMEOUT_MS, 'libvirt to see both', async () => {
      const seen = await readFile(log, 'utf8');
      return /state: 'disconnected'[\s\S]*state: 'connected'/.test(seen) || undefined;
    });
    assert.equal(await domain.channelState(), 'connected');
    assert.deepEqual(await domain.ask({ execute: 'guest-ping' }), {});
    assert.notEqual(await pidOf(domain.shell, agent), before);
  });

  it('reboot --mode agent: another boot', async () => {
    const { libvirt, domain } = stage();
    const log = path.join(libvirt.folder, 'reboot-events');
    await using _events = await domain.watchEvents(log);
    const boot = () => domain.shell.run('cat /proc/sys/kernel/random/boot_id');
    const before = await boot();
    await domain.virsh('reboot', '--mode', 'agent');
    await until(REBOOT_TIMEOUT_MS, 'the reboot', async () =>
      /event 'reboot'/.test(await readFile(log, 'utf8')) ? true : undefined,
    );
    await domain.isBack();
    assert.notEqual(await boot(), before);
  });

  it('shutdown --mode agent: the guest switches itself off', async () => {
    const { domain } = stage();
    await agent.start(domain.shell);
    await domain.channelBecomes('connected', TIMEOUT_MS);
    await domain.virsh('shutdown', '--mode', 'agent');
    await domain.gone(TIMEOUT_MS);
  });
}
