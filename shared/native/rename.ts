import { libc, systemError } from './libc.ts';

const AT_FDCWD = -100;
const RENAME_NOREPLACE = 1;

/** As koffi calls it on a thread of the pool: a folder may lie on a network. */
const renameat2: {
  async(
    ...args: [
      fromFolder: number,
      from: string,
      toFolder: number,
      to: string,
      flags: number,
      done: (error: Error | null, result: number) => void,
    ]
  ): void;
} = libc.func('int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags)');

/**
 * Gives a file another name, which nothing may have yet.
 * @throws {Error} errno error: EEXIST the name is taken, EINVAL the file system cannot do it so
 */
export function renameToNew(from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    renameat2.async(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE, (error, result) => {
      if (error !== null) reject(error);
      else if (result === -1) reject(systemError('renameat2'));
      else resolve();
    });
  });
}
