import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { AgentError, errnoOf } from './errors.ts';

/** No file or list that is read at once is longer: of mounts, routes or logins these are tens of thousands. */
const MAX_LENGTH = 16 * 1024 * 1024;

/**
 * A small local file, read in place: a turn through the thread pool costs ten times what the read does.
 * @returns undefined when there is no such file, which is cheap
 * @throws {Error} errno error for every other reason; {AgentError} 'failed' when it is longer than anything sane
 */
export function readSmallFile(file: string): Buffer | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.size > MAX_LENGTH) throw tooLong(file);
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

/**
 * Text of a list that the kernel makes as it is read, such as those in /proc.
 * @throws {Error} errno error; {AgentError} 'failed' when it is longer than anything sane
 */
export function readText(path: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  const fd = openSync(path, 'r');
  try {
    let bytes = Buffer.allocUnsafe(FIRST_READ);
    let size = 0;
    for (;;) {
      const count = readSync(fd, bytes, size, bytes.length - size, null);
      if (count === 0) return bytes.toString(encoding, 0, size);
      size += count;
      if (size > MAX_LENGTH) throw tooLong(path);
      if (size === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)]);
    }
  } finally {
    closeSync(fd);
  }
}

const FIRST_READ = 8192;

function tooLong(path: string): AgentError {
  return new AgentError('failed', `${path} is longer than ${MAX_LENGTH >> 20} MiB`);
}
