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

/** systemd keeps the port, so that libvirt is none the wiser: docs/decisions/0021-restart-without-a-disconnect.md. */
const UNSEEN = {
  'a restart': `systemctl restart ${agent.unit}`,
  'kill -9': `systemctl kill --kill-whom=main --signal=KILL ${agent.unit}`,
};

/** The agent's end and the guest's; nothing can follow. */
export function life(stage: () => { readonly libvirt: Libvirt; readonly domain: Domain }): void {
  for (const [what, act] of Object.entries(UNSEEN)) {
    it(`libvirt sees nothing of ${what} of the agent, and talks to the new one`, async () => {
      const { libvirt, domain } = stage();
      const log = path.join(libvirt.folder, `events of ${what}`);
      await using _events = await domain.watchEvents(log);
      const before = await pidOf(domain.shell, agent);
      await domain.shell.run(act);
      await until(TIMEOUT_MS, 'another process', async () => {
        const now = await pidOf(domain.shell, agent);
        return (now !== 0 && now !== before) || undefined;
      });
      assert.deepEqual(await domain.ask({ execute: 'guest-ping' }), {});
      assert.equal(await domain.channelState(), 'connected');
      assert.doesNotMatch(await readFile(log, 'utf8'), /agent-lifecycle/);
    });
  }

  it('libvirt sees the agent stop and start', async () => {
    const { libvirt, domain } = stage();
    const log = path.join(libvirt.folder, 'events');
    await using _events = await domain.watchEvents(log);
    await domain.shell.run(`systemctl stop ${agent.unit}`);
    await domain.channelBecomes('disconnected', TIMEOUT_MS);
    await agent.start(domain.shell);
    await until(TIMEOUT_MS, 'libvirt to see both', async () => {
      const seen = await readFile(log, 'utf8');
      return /state: 'disconnected'[\s\S]*state: 'connected'/.test(seen) || undefined;
    });
    assert.deepEqual(await domain.ask({ execute: 'guest-ping' }), {});
  });

  it('reboot --mode agent: another boot', async (t) => {
    const { libvirt, domain } = stage();
    const log = path.join(libvirt.folder, 'reboot-events');
    await using _events = await domain.watchEvents(log);
    const boot = () => domain.shell.run('cat /proc/sys/kernel/random/boot_id');
    const before = await boot();
    await domain.virsh('reboot', '--mode', 'agent');
    await until(REBOOT_TIMEOUT_MS, 'the reboot', async () =>
      /event 'reboot'/.test(await readFile(log, 'utf8')) ? true : undefined,
    );
    const said = await domain.isBack();
    if (said !== undefined) t.diagnostic(`the emulated machine did not come up, and was reset:\n${said}`);
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
