import { readFileSync, statSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from './errors.ts';

/**
 * A small local file, read in place: a turn through the thread pool costs ten times what the read does.
 * @returns undefined when there is no such file, which is cheap
 * @throws {Error} errno error for every other reason
 */
export function readSmallFile(file: string): Buffer | undefined {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  return readFileSync(file);
}

/** @returns undefined when there is no such file. @throws {Error} errno error for every other reason */
export async function readFileIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Puts a file in place that is whole at every moment, also after a crash of the machine; its folder is made if need be.
 * Nobody but us may read it. @throws {Error} errno error
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await using handle = await open(fresh, 'w', 0o600);
  await handle.writeFile(text);
  await handle.datasync();
  await rename(fresh, file);
}

/** Absolute, and inside the folder also after `..` is resolved. */
export function isBelow(folder: string, file: string): boolean {
  return path.isAbsolute(file) && path.normalize(file).startsWith(`${path.normalize(folder).replace(/\/$/, '')}/`);
}
