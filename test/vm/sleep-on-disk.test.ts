import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { original, product } from './guest/agents.ts';
import { bootGuest } from './guest/guest.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';

const SWAP = 'swap.raw';

/** What the kernel writes is at most two fifths of the memory: Documentation/admin-guide/pm/sleep-states.rst */
const SWAP_BYTES = 1 << 30;
/** Emulated processors compress it and read it again. */
const ASLEEP_TIMEOUT_MS = 240_000;

async function swapDisk(folder: string): Promise<readonly string[]> {
  const file = path.join(folder, SWAP);
  await using disk = await open(file, 'w');
  await disk.truncate(SWAP_BYTES);
  return ['-drive', `file=${file},if=none,id=swap,format=raw,cache=unsafe`, '-device', 'virtio-blk-pci,drive=swap'];
}

/** Instead of switching the machine off, which would end it. */
const PREPARE = `
  mkswap -q /dev/vdc && swapon /dev/vdc
  mkdir -p /etc/systemd/sleep.conf.d
  printf '[Sleep]\\nHibernateMode=reboot\\n' >/etc/systemd/sleep.conf.d/lab.conf`;
/** At the end of the first page: `SWAPSPACE2`, or what kernel/power/swap.c puts in its place. */
async function signatureOf(file: string): Promise<string> {
  await using disk = await open(file, 'r');
  const { buffer } = await disk.read(Buffer.alloc(10), 0, 10, 4096 - 10);
  return buffer.toString('latin1').replace(/\0$/, '');
}

for (const agent of [product, original]) {
  it(`sleep on disk: guest-suspend-disk, -hybrid, ${agent.unit}`, { skip: noGuests }, async (t) => {
    await using guest = await bootGuest(swapDisk);
    const { shell, qmp } = guest;
    await shell.run(PREPARE);
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

    await t.test('guest-suspend-disk: the state is on the disk when the machine restarts', async () => {
      const restarted = qmp.event('RESET', ASLEEP_TIMEOUT_MS);
      host.send('guest-suspend-disk');
      await restarted;
      await qmp.execute('stop'); // before the next kernel looks at it
      assert.equal(await signatureOf(path.join(guest.files.folder, SWAP)), 'S1SUSPEND');
    });
  });
}
