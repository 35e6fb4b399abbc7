import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { constants as os } from 'node:os';
import path from 'node:path';
import { errnoOf } from '#shared/errors.ts';

/** For an environment without PATH. The working directory is not searched (S2). */
const DEFAULT_PATH = '/usr/bin:/bin';

/**
 * Which file a program's name means: what has a slash is a path already, all else is looked for in `searchPath`.
 * @throws {Error} errno error: EACCES when what was found cannot be executed, ENOENT
 */
export async function findProgram(name: string, searchPath = DEFAULT_PATH): Promise<string> {
  if (name.includes('/')) {
    await reach(name);
    return name;
  }
  let problem: 'ENOENT' | 'EACCES' = 'ENOENT';
  for (const folder of name === '' ? [] : searchPath.split(':')) {
    const file = path.join(folder === '' ? '.' : folder, name);
    const found = await isProgram(file);
    if (found) {
      await reach(file);
      return path.resolve(file);
    }
    if (found === false) problem = 'EACCES';
  }
  throw Object.assign(new Error(problem), { code: problem, errno: -os.errno[problem] });
}

/** Reads what starting it reads first: what does not answer hangs here, on a thread. What is wrong its start tells. */
async function reach(file: string): Promise<void> {
  try {
    await using program = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await program.stat()).isFile()) await program.read(Buffer.alloc(HEAD), 0, HEAD, 0);
  } catch {
    // Not there, or not to be read: neither waits.
  }
}

/** Bytes by which the kernel knows what a program is: BINPRM_BUF_SIZE of <linux/binfmts.h>. */
const HEAD = 256;

/** @returns undefined when there is no such file, false when it cannot be executed */
async function isProgram(file: string): Promise<boolean | undefined> {
  try {
    if (!(await stat(file)).isFile()) return false;
    await access(file, constants.X_OK);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EACCES' ? false : undefined;
  }
}
