import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { Folder } from './folder.ts';
import { MAX_FILE } from './wire.ts';

const SSH = '.ssh';
const NAME = 'authorized_keys';
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** `HOME/.ssh/authorized_keys`, reached without following a link of the user's (S1). Content is bytes in Latin-1. */
export class KeysFile {
  constructor(
    private readonly home: string,
    private readonly uid: number,
  ) {}

  /** @throws {AgentError} in QEMU's words */
  read(): string {
    try {
      return this.#read();
    } catch (error) {
      const path = this.#path;
      const reason = `failed to read '${path}': Failed to open file “${path}”: ${reasonOf(error)}`;
      throw new AgentError('failed', reason, { cause: error });
    }
  }

  /** Undefined when there is no such file, folder or home. */
  readIfThere(): string | undefined {
    try {
      return this.#read();
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw new AgentError('failed', `failed to read '${this.#path}': ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Puts a new file in the place of the old one, whatever that was; makes the folder. */
  write(content: string): void {
    using folder = this.#openOrMakeFolder();
    const temporary = `.${NAME}.${randomBytes(9).toString('hex')}`;
    try {
      const fd = openSync(folder.at(temporary), CREATE, 0o600);
      try {
        writeFileSync(fd, content, 'latin1');
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(folder.at(temporary), folder.at(NAME));
    } catch (error) {
      removeIfThere(folder.at(temporary));
      throw new AgentError('failed', `failed to write '${this.#path}': ${reasonOf(error)}`, { cause: error });
    }
  }

  get #path(): string {
    return `${this.#folderPath}/${NAME}`;
  }

  get #folderPath(): string {
    return `${this.home}/${SSH}`;
  }

  #read(): string {
    using folder = this.#openFolder();
    const fd = openSync(folder.at(NAME), READ);
    try {
      if (!fstatSync(fd).isFile()) throw new AgentError('refused', 'it is no regular file');
      const bytes = Buffer.alloc(MAX_FILE + 1);
      let size = 0;
      for (let count = 1; count > 0 && size < bytes.length; size += count)
        count = readSync(fd, bytes, size, bytes.length - size, null);
      if (size > MAX_FILE) throw new AgentError('refused', `it is longer than ${MAX_FILE} bytes`);
      return bytes.toString('latin1', 0, size);
    } finally {
      closeSync(fd);
    }
  }

  #openFolder(): Folder {
    using home = this.#openHome();
    return owned(home.enter(SSH), this.#folderPath, [this.uid]);
  }

  #openOrMakeFolder(): Folder {
    try {
      this.#makeFolder();
      return this.#openFolder();
    } catch (error) {
      const reason = `failed to create directory '${this.#folderPath}': ${reasonOf(error)}`;
      throw new AgentError('failed', reason, { cause: error });
    }
  }

  #makeFolder(): void {
    using home = this.#openHome();
    try {
      mkdirSync(home.at(SSH), 0o700);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }

  /** Root owns homes that are nobody's, such as `/`. */
  #openHome(): Folder {
    return owned(Folder.walk(this.home), this.home, [this.uid, 0]);
  }
}

/** sshd would not believe a file in somebody else's folder either. Closes a folder that it refuses. */
function owned(folder: Folder, path: string, owners: readonly number[]): Folder {
  if (owners.includes(folder.stat().uid)) return folder;
  folder[Symbol.dispose]();
  throw new AgentError('refused', `'${path}' belongs to somebody else`);
}

/** Node's "ENOENT: no such file or directory, open '/proc/…'" as the C library says it; our own words as they are. */
function reasonOf(error: unknown): string {
  const words = /^[A-Z0-9]+: (.+?)(, \w+( '.*)?)?$/s.exec(messageOf(error))?.[1];
  if (errnoOf(error) === undefined || words === undefined) return messageOf(error);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not made, or is the new file already.
  }
}
