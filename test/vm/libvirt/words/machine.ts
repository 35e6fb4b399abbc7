import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from '../../support/wait.ts';
import type { Domain } from '../domain.ts';

const TIMEOUT_MS = 60_000;

/** File systems, processors and sleep, seen inside the guest. */
export function machine(domain: () => Domain): void {
  const inside = (command: string) => domain().shell.run(command);

  it('domfsinfo: the file systems and their disks', async () => {
    const table = await domain().virsh('domfsinfo');
    assert.match(table, /^ ?\/ +vda +ext4 +vda$/m);
  });

  it('domfstrim: the disk is told of blocks that are free', async () => {
    const told = async () => Number(await inside("awk '{ print $12 }' /sys/block/vda/stat"));
    await inside('head -c 16M /dev/urandom >/root/junk && sync && rm /root/junk && sync');
    const before = await told();
    await domain().virsh('domfstrim', '--minimum', '4096');
    assert.ok((await told()) > before, `discards: ${before} before and after`);
  });

  it('domfsfreeze and domfsthaw: all file systems, and some', async () => {
    assert.match(await domain().virsh('domfsfreeze'), /^Froze 1 filesystem/);
    await assert.rejects(domain().virsh('domfsfreeze'));
    assert.match(await domain().virsh('domfsthaw'), /^Thawed 1 filesystem/);
    assert.match(await domain().virsh('domfsfreeze', '--mountpoint', '/'), /^Froze 1 filesystem/);
    assert.match(await domain().virsh('domfsthaw'), /^Thawed 1 filesystem/);
    await inside('echo x > /root/after && sync /root/after');
  });

  it('guestvcpus and setvcpus --guest: processors go and come back', async () => {
    const online = () => inside('cat /sys/devices/system/cpu/online');
    assert.match(await domain().virsh('guestvcpus'), /^vcpus +: 0-1$[\s\S]*^online +: 0-1$/m);
    await domain().virsh('guestvcpus', '--disable', '1');
    assert.equal(await online(), '0');
    await domain().virsh('setvcpus', '2', '--guest');
    assert.equal(await online(), '0-1');
    await domain().virsh('setvcpus', '1', '--guest');
    assert.equal(await online(), '0');
    await domain().virsh('guestvcpus', '--enable', '1');
    assert.equal(await online(), '0-1');
  });

  it('dompmsuspend and dompmwakeup: the kernel has slept, and the agent answers again', async () => {
    const stateBecomes = (state: string) =>
      until(TIMEOUT_MS, `the domain to be ${state}`, async () =>
        (await domain().virsh('domstate')) === state ? true : undefined,
      );
    const slept = async () => Number(await inside('cat /sys/power/suspend_stats/success'));
    const before = await slept();
    await domain().virsh('dompmsuspend', 'mem');
    await stateBecomes('pmsuspended');
    await domain().virsh('dompmwakeup');
    await stateBecomes('running');
    // The guest's driver opens the port anew when it wakes up.
    await domain().channelBecomes('connected', TIMEOUT_MS);
    assert.deepEqual(await domain().ask({ execute: 'guest-ping' }), {});
    assert.equal(await slept(), before + 1);
  });
}
