import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { checkDisk } from '../../freeze/copy.ts';
import { run } from '../../support/process.ts';
import type { Domain } from '../domain.ts';
import type { Libvirt } from '../libvirt.ts';

/** What a backup does: the disk so far becomes a file that nobody writes any more, and the guest was frozen at that moment. */
export function snapshot(stage: () => { readonly libvirt: Libvirt; readonly domain: Domain }): void {
  it('snapshot-create --quiesce --disk-only: the disk needs no repair and has what was not yet synced', async () => {
    const { libvirt, domain } = stage();
    const file = (name: string) => path.join(libvirt.folder, name);
    const description = `<domainsnapshot><disks>
      <disk name='vda' snapshot='external'><source file='${file('after.qcow2')}'/></disk>
      <disk name='vdb' snapshot='no'/>
    </disks></domainsnapshot>`;
    await writeFile(file('snapshot.xml'), description);
    await domain.shell.run('echo not synced >/root/snapshot');
    await domain.virsh('snapshot-create', file('snapshot.xml'), '--disk-only', '--quiesce', '--no-metadata');
    const { state, achieved } = (await domain.ask({ execute: 'uga-freeze-status' })) as Record<string, unknown>;
    assert.deepEqual([state, achieved], ['thawed', 'consistent']);
    await domain.shell.run('echo x >/root/after && sync /root/after');
    await run('qemu-img', ['convert', '-O', 'raw', file(`${domain.name}.qcow2`), file('copy')]);
    assert.equal(await checkDisk(file('copy')), 'clean');
    assert.equal(await run('debugfs', ['-R', 'cat /root/snapshot', file('copy')]), 'not synced\n');
  });
}
