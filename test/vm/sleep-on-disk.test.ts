import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { original, product } from './guest/agents.ts';
import { bootGuest } from './guest/guest.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';

/** What the kernel writes is at most two fifths of the memory: Documentation/admin-guide/pm/sleep-states.rst */
const SWAP_BYTES = 1 << 30;
/** Emulated processors compress it and read it again. */
const ASLEEP_TIMEOUT_MS = 240_000;

async function swapDisk(folder: string): Promise<readonly string[]> {
  const file = path.join(folder, 'swap.raw');
  await using disk = await open(file, 'w');
  await disk.truncate(SWAP_BYTES);
  return ['-drive', `file=${file},if=none,id=swap,format=raw,cache=unsafe`, '-device', 'virtio-blk-pci,drive=swap'];
}

/** Instead of switching the machine off, so that the kernel that starts at once finds what was written. */
const PREPARE = `
  mkswap -q /dev/vdc && swapon /dev/vdc
  mkdir -p /etc/systemd/sleep.conf.d
  printf '[Sleep]\\nHibernateMode=reboot\\n' >/etc/systemd/sleep.conf.d/lab.conf`;
/** What a machine that had merely booted would not have any more. */
const MEMORY = 'cat /proc/sys/kernel/random/boot_id /run/before';

for (const agent of [product, original]) {
  it(`sleep on disk and back: guest-suspend-disk, -hybrid, ${agent.unit}`, { skip: noGuests }, async (t) => {
    await using guest = await bootGuest(swapDisk);
    const { shell, qmp } = guest;
    await shell.run(`${PREPARE}; cat /proc/uptime >/run/before`);
    const memory = await shell.run(MEMORY);
    await agent.start(shell);
    using host = await QgaClient.connect(guest.socketOf('qga'));

    await t.test('guest-suspend-hybrid: it sleeps, wakes and answers', async () => {
      const asleep = qmp.event('SUSPEND', ASLEEP_TIMEOUT_MS);
      host.send('guest-suspend-hybrid');
      await asleep;
      const awake = qmp.event('WAKEUP', ASLEEP_TIMEOUT_MS);
      await qmp.execute('system_wakeup');
      await awake;
      assert.deepEqual(await host.ask('guest-sync', { id: 4711 }), { return: 4711 });
    });

    await t.test('guest-suspend-disk: the kernel that starts next is the one that slept', async () => {
      const restarted = qmp.event('RESET', ASLEEP_TIMEOUT_MS);
      host.send('guest-suspend-disk');
      await restarted;
      await shell.ready(ASLEEP_TIMEOUT_MS);
      assert.equal(await shell.run(MEMORY), memory);
      host[Symbol.dispose]();
      using again = await QgaClient.connect(guest.socketOf('qga'));
      assert.deepEqual(await again.ask('guest-ping'), { return: {} });
    });
  });
}
