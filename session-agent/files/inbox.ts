import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { readFileIfThere, replaceFile } from '#shared/files.ts';
import { PartialFile, removeLeftovers } from './partial.ts';
import { folderOf } from './user-folders.ts';

/** A file on its way, as PartialFile has it. */
export type Incoming = Pick<PartialFile, 'free' | 'write' | 'finish' | 'discard'>;

/** Where received files go. */
export interface Inbox {
  /** @param rule as files.begin has it @throws {Error} errno error, {AgentError} */
  receive(rule: string): Promise<{ readonly file: Incoming; readonly folder: string }>;
  /** Removes what agents before this one have left behind. @returns how many */
  clean(): Promise<number>;
}

/** Of user-dirs.dirs; it has a handful of lines. */
const MAX_USER_DIRS = 64 * 1024;

/** The user's own folders. */
export class UserInbox implements Inbox {
  readonly #home: string;
  readonly #userDirs: string;
  /** Names the folder that was used last, so that it can be cleaned by an agent that has not been told of it. */
  readonly #state: string;
  #noted: { readonly folder: string; readonly done: Promise<void> } | undefined;

  /** @param env of the session */
  constructor(env: NodeJS.ProcessEnv) {
    this.#home = homeOf(env);
    this.#userDirs = path.join(absolute(env.XDG_CONFIG_HOME) ?? path.join(this.#home, '.config'), 'user-dirs.dirs');
    this.#state = path.join(stateFolder(env), 'received-files');
  }

  async receive(rule: string) {
    const userDirs = (await this.#readUserDirs())?.slice(0, MAX_USER_DIRS);
    const folder = folderOf(rule, { home: this.#home, userDirs });
    if (folder === undefined) throw new AgentError('invalid-argument', 'the folder for files is no path');
    await this.#note(folder);
    return { file: await PartialFile.create(folder), folder };
  }

  async clean(): Promise<number> {
    const folder = (await readFileIfThere(this.#state))?.trimEnd();
    return folder !== undefined && path.isAbsolute(folder) ? removeLeftovers(folder) : 0;
  }

  async #note(folder: string): Promise<void> {
    if (folder !== this.#noted?.folder) {
      const before = this.#noted?.done.catch(() => {}) ?? Promise.resolve();
      this.#noted = { folder, done: before.then(() => replaceFile(this.#state, `${folder}\n`)) };
    }
    try {
      await this.#noted.done;
    } catch (error) {
      this.#noted = undefined;
      throw error;
    }
  }

  async #readUserDirs(): Promise<string | undefined> {
    try {
      return await readFile(this.#userDirs, 'utf8');
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    }
  }
}

/** Our folder for what must outlive a session. Source: XDG Base Directory Specification */
export function stateFolder(env: NodeJS.ProcessEnv): string {
  return path.join(absolute(env.XDG_STATE_HOME) ?? path.join(homeOf(env), '.local/state'), 'uga');
}

function homeOf(env: NodeJS.ProcessEnv): string {
  return absolute(env.HOME) ?? homedir();
}

/** The specification has us ignore any other. */
function absolute(folder: string | undefined): string | undefined {
  return folder !== undefined && path.isAbsolute(folder) ? folder : undefined;
}
