import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { lockFile } from '#shared/native/file-lock.ts';
import { spaceOf } from '#shared/native/file-system.ts';
import { renameToNew } from '#shared/native/rename.ts';
import { numberedName, visibleName } from './names.ts';

/** No file of a client is called so: visibleName leaves no leading dot. */
const PARTIAL = /^\.uga-partial-[0-9a-f]{16}$/;
const MAX_NUMBER = 999;
/** Another agent may take a partial file that has just been made for one that was left behind. */
const ATTEMPTS = 3;

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_DIRECTORY } = constants;

/** A file that is being received: under a name of ours until it is whole. Whatever happens to the folder's path, it stays in it. */
export class PartialFile {
  readonly #folder: FileHandle;
  readonly #file: FileHandle;
  readonly #name: string;

  private constructor(folder: FileHandle, file: FileHandle, name: string) {
    this.#folder = folder;
    this.#file = file;
    this.#name = name;
  }

  /**
   * @param folder is made, for its user alone, if it is not there
   * @throws {Error} errno error
   */
  static async create(folder: string): Promise<PartialFile> {
    await makeFolder(folder);
    const opened = await open(folder, O_RDONLY | O_DIRECTORY);
    try {
      const [file, name] = await createIn(opened);
      return new PartialFile(opened, file, name);
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** Bytes that are free for this user where it lies. */
  async free(): Promise<number> {
    const { available, unit } = await spaceOf(Buffer.from(inFolder(this.#folder, '.')));
    return Number(available * unit);
  }

  /** @throws {Error} errno error */
  async write(pieces: readonly Uint8Array[]): Promise<void> {
    for (let left = beyond(pieces, 0); left.length > 0; ) {
      const { bytesWritten } = await this.#file.writev(left);
      left = beyond(left, bytesWritten);
    }
  }

  /**
   * It is whole, and gets its name or the next one that is free.
   * @returns the name
   * @throws {Error} errno error; {AgentError} 'failed' when all names are taken. Nothing stays then.
   */
  async finish(name: string): Promise<string> {
    try {
      const given = await this.#rename(visibleName(name));
      await this.#file.close(); // after this no other agent may take it for one that was left behind
      await this.#folder.close();
      return given;
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Nothing of it stays. */
  async discard(): Promise<void> {
    await unlink(inFolder(this.#folder, this.#name)).catch(() => {});
    await this.#file.close().catch(() => {});
    await this.#folder.close().catch(() => {});
  }

  async #rename(name: string): Promise<string> {
    for (let number = 0; number <= MAX_NUMBER; number++) {
      const given = numberedName(name, number);
      try {
        await moveToNew(inFolder(this.#folder, this.#name), inFolder(this.#folder, given));
        return given;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    }
    throw new AgentError('failed', `there are ${MAX_NUMBER} files of this name`);
  }
}

/** What is left of them behind so many bytes. */
function beyond(pieces: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let before = 0;
  return pieces.flatMap((piece) => {
    const from = bytes - before;
    before += piece.length;
    if (from >= piece.length) return [];
    return from <= 0 ? [piece] : [piece.subarray(from)];
  });
}

/**
 * Removes what agents have left behind that were killed. What one still writes is locked by it, and the lock goes with
 * its process; so this errs neither for another session of the same user nor for a process id that was given anew.
 */
export async function removeLeftovers(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  let removed = 0;
  for (const name of names.filter((one) => PARTIAL.test(one))) {
    if (await removeIfLeft(`${folder}/${name}`).catch(() => false)) removed++;
  }
  return removed;
}

async function removeIfLeft(file: string): Promise<boolean> {
  await using handle = await open(file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
  const found = await handle.stat();
  if (!found.isFile() || found.uid !== process.getuid?.() || found.nlink !== 1) return false;
  lockFile(handle.fd);
  await unlink(file);
  return true;
}

/** With what is missing above it. Node's own way of this asks for ever where the system makes no folders (/proc). */
async function makeFolder(folder: string): Promise<void> {
  const make = () =>
    mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
  try {
    await make();
  } catch (error) {
    const above = path.dirname(folder);
    if (errnoOf(error) !== 'ENOENT' || above === folder) throw error;
    await makeFolder(above);
    await make();
  }
}

async function createIn(folder: FileHandle): Promise<[FileHandle, string]> {
  for (let attempt = 1; ; attempt++) {
    const name = `.uga-partial-${randomBytes(8).toString('hex')}`;
    const file = await open(inFolder(folder, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    if (await isHeld(file)) return [file, name];
    await file.close();
    if (attempt === ATTEMPTS) throw new AgentError('failed', 'another agent takes our files away');
  }
}

/** It is locked and in place. File systems without locks cannot be cleaned up either. */
async function isHeld(file: FileHandle): Promise<boolean> {
  try {
    lockFile(file.fd);
  } catch (error) {
    if (['EAGAIN', 'EACCES'].includes(errnoOf(error) ?? '')) return false;
  }
  return (await file.stat()).nlink === 1;
}

/** The same folder, whatever its path names now. proc(5), /proc/PID/fd */
function inFolder({ fd }: FileHandle, name: string): string {
  return `/proc/self/fd/${fd}/${name}`;
}

/** Never onto what is there. @throws {Error} errno error, EEXIST when the name is taken */
async function moveToNew(from: string, to: string): Promise<void> {
  try {
    await renameToNew(from, to);
  } catch (error) {
    if (!['EINVAL', 'ENOSYS', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) throw error;
    await link(from, to); // NFS has no rename that respects what is there
    await unlink(from);
  }
}
