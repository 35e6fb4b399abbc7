import { open } from 'node:fs/promises';
import { run } from '../support/process.ts';

/** Fixed: a saved machine must find its second disk as large as it was. */
const SIZE = 64 << 20;

/** The second disk of a machine whose state is to be saved. */
export async function makeEmptyPayload(file: string): Promise<void> {
  await using disk = await open(file, 'w');
  await disk.truncate(SIZE);
}

/**
 * The second disk with the program under test, so that new code needs no new image. (A folder shared over 9p would do
 * too, but a machine that has one cannot be saved.)
 * @param source folder whose content becomes the disk's top folder
 */
export async function makePayload(file: string, source: string): Promise<void> {
  await makeEmptyPayload(file);
  await run('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-L', 'payload', '-d', source, file]);
}
