import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { constants as os } from 'node:os';
import path from 'node:path';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { Patience } from '#shared/lifecycle/patience.ts';
import { fileSystemAt } from '#shared/native/file-system.ts';
import { interpreterOf } from './interpreter.ts';

/** For an environment without PATH. The working directory is not searched (S2). */
const DEFAULT_PATH = '/usr/bin:/bin';
/** How long one file may take to say what it is. */
const LOOKUP_LIMIT_MS = 10_000;
/** File systems that do not answer, each of which holds a thread. */
const MAX_HANGING = 2;
/** An interpreter may be a script itself. The kernel goes no further: exec_binprm of fs/exec.c. */
const MAX_INTERPRETERS = 5;
/** A page: the kernel reads no less. */
const HEAD_SIZE = 4096;

/**
 * Which file a program's name means. All that the kernel will read before the program has begun is read on a thread
 * before: its start comes back only then.
 */
export class ProgramFinder {
  readonly #patience = new Patience(LOOKUP_LIMIT_MS, MAX_HANGING);

  /**
   * What has a slash is a path already, all else is looked for in `searchPath`.
   * @throws {Error} errno error: EACCES when what was found cannot be executed, ENOENT; {AgentError} 'timeout'
   */
  async find(name: string, searchPath = DEFAULT_PATH): Promise<string> {
    if (name.includes('/')) {
      await this.#reach(name);
      return name;
    }
    let problem: 'ENOENT' | 'EACCES' = 'ENOENT';
    for (const folder of name === '' ? [] : searchPath.split(':')) {
      const file = path.join(folder === '' ? '.' : folder, name);
      const found = await this.#ask(file, () => isProgram(file));
      if (found) {
        await this.#reach(file);
        return path.resolve(file);
      }
      if (found === false) problem = 'EACCES';
    }
    throw Object.assign(new Error(problem), { code: problem, errno: -os.errno[problem] });
  }

  /** What is wrong with it its start tells. What lies on one file system answers with the first that does. */
  async #reach(file: string, left = MAX_INTERPRETERS): Promise<void> {
    const head = await this.#ask(file, () => readHead(file));
    const interpreter = head && interpreterOf(head);
    if (interpreter === undefined || left === 0 || fileSystemAt(interpreter) === fileSystemAt(file)) return;
    await this.#reach(interpreter, left - 1);
  }

  #ask<T>(file: string, call: () => Promise<T>): Promise<T> {
    return this.#patience.ask(fileSystemAt(file), call, () => {
      throw new AgentError('timeout', `the file system of ${file} does not answer`);
    });
  }
}

/** @returns undefined for what is not there, or cannot be read: neither waits */
async function readHead(file: string): Promise<Buffer | undefined> {
  try {
    await using program = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await program.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await program.read(Buffer.alloc(HEAD_SIZE), 0, HEAD_SIZE, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return undefined;
  }
}

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
