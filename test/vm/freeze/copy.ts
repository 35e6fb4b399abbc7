import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '#test/support/programs.ts';
import type { Machine } from '../guest/machine.ts';
import { run } from '../support/process.ts';
import { INNER, WRITTEN } from './lab.ts';

const MINUTE_MS = 60_000;

/** What a boot would do to a file system. */
type Found = 'clean' | 'journal replayed';

/**
 * Copies the guest's disk of one moment, has e2fsck look at both file systems in it, and compares what was written.
 * @param acknowledged the writer's number before this call
 * @returns how the outer one was found
 */
export async function examineCopy(guest: Machine, acknowledged: number): Promise<Found> {
  using folder = temporaryFolder();
  const file = (name: string) => path.join(folder.path, name);
  await guest.qmp.execute('stop'); // which also has QEMU write out what it knows of the disk
  try {
    await copyFile(guest.files.disk, file('copy.qcow2'));
  } finally {
    await guest.qmp.execute('cont');
  }
  await run('qemu-img', ['convert', '-O', 'raw', file('copy.qcow2'), file('outer')], { timeoutMs: MINUTE_MS });
  const found = await checkDisk(file('outer'));
  const take = (disk: string, inside: string, to: string) => run('debugfs', ['-R', `dump ${inside} ${to}`, disk]);
  await take(file('outer'), WRITTEN.image, file('inner'));
  await checkDisk(file('inner'));
  await take(file('outer'), WRITTEN.outer, file('outer.written'));
  await take(file('inner'), WRITTEN.inner.slice(INNER.length), file('inner.written'));
  const expected = Array.from({ length: acknowledged }, (_, n) => `${n + 1}`);
  for (const name of ['outer.written', 'inner.written']) {
    const lines = (await readFile(file(name), 'utf8')).split('\n');
    assert.deepEqual(lines.slice(0, acknowledged), expected, `what was acknowledged is missing in ${name}`);
  }
  return found;
}

/** As a boot checks an ext4 file system, then a full look that may not find anything. */
export async function checkDisk(disk: string): Promise<Found> {
  const said = await run('sh', ['-c', 'e2fsck -p "$1"; [ $? -le 1 ]', 'sh', disk], { timeoutMs: MINUTE_MS });
  await run('sh', ['-c', 'e2fsck -fn "$1" >&2', 'sh', disk], { timeoutMs: MINUTE_MS });
  return said.includes('recovering journal') ? 'journal replayed' : 'clean';
}
