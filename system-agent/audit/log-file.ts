import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { lockFile } from '#shared/native/file-lock.ts';
import { GENESIS, type Head, type Members, seal } from './chain.ts';
import { archiveName, CURRENT, DAMAGED, endsOf, logFiles } from './folder.ts';

const LOCK = 'audit.lock';
/** How often at most it is looked whether the file that is written still has its name. */
const LOOK_MS = 1_000;

export interface LogFileOptions {
  readonly folder: string;
  /** A file that would become longer is followed by another. */
  readonly maxBytes: number;
  /** Files that are kept, at least 2. */
  readonly maxFiles: number;
  /** Who writes: told in a record each time the log is opened. */
  readonly writer: Members;
}

interface OpenFile {
  readonly fd: number;
  readonly inode: number;
  readonly first: number;
  size: number;
}

/**
 * The log on the disk: sealed lines at the end of a file that only grows, and files that follow each other. After an
 * error everything is opened anew at the next record, from what the disk has by then.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  readonly #path: string;
  #lock: number | undefined;
  #file: OpenFile | undefined;
  #head: Head | undefined;
  #lookAt = 0;
  /** The file was taken away while it was written. */
  #vanished = false;
  #isSyncing = false;
  #wantsSync = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#path = path.join(options.folder, CURRENT);
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** Of what is written; undefined before the log was opened for the first time. */
  get head(): Head | undefined {
    return this.#head;
  }

  /**
   * Begins where the disk has ended, and records that: with the bytes behind the last whole record, which are cut off
   * (`cut`), that there was a file that is none of ours, which is put aside (`damaged`), or that the file was taken away
   * while it was written (`vanished`).
   *
   * @throws {Error} errno error; {AgentError} 'busy' when another agent writes this log
   */
  open(): void {
    const { folder, writer } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#takeLock();
    const ends = endsOf(this.#path);
    const older = logFiles(folder).findLast(({ first }) => first !== undefined);
    const before = ends?.last ?? (older && endsOf(older.path)?.last) ?? GENESIS;
    // What the disk has lost since we wrote it is missing in the chain, and is found so.
    if (this.#head === undefined || before.count > this.#head.count) this.#head = before;
    const damaged = ends !== undefined && ends.size > 0 && ends.last === undefined;
    if (damaged) renameSync(this.#path, path.join(folder, DAMAGED));
    if (ends?.last === undefined) this.#begin();
    else this.#file = this.#openFile(constants.O_APPEND, ends.first?.count ?? ends.last.count);
    const cut = damaged ? 0 : this.#current.size - (ends?.good ?? this.#current.size);
    if (cut > 0) {
      this.#current.size -= cut;
      ftruncateSync(this.#current.fd, this.#current.size);
    }
    this.#append({
      at: new Date().toISOString(),
      kind: 'opened',
      ...writer,
      ...(cut > 0 && { cut }),
      ...(damaged && { damaged }),
      ...(this.#vanished && { vanished: true }),
    });
    this.#vanished = false;
  }

  /**
   * Complete when it returns, as far as this process and the kernel go; `sync` brings it to the disk.
   * @returns number of the record
   * @throws {Error} errno error; nothing of the record is in the file then
   */
  append(members: Members): number {
    try {
      this.#lookForFile();
      if (this.#file === undefined) this.open();
      return this.#append(members);
    } catch (error) {
      this.#closeFile();
      throw error;
    }
  }

  /**
   * Begins to bring what is written to the disk, in a thread; calls while one is at work are one more.
   * @param failed is told why it could not be
   */
  sync(failed: (error: unknown) => void): void {
    if (this.#file === undefined) return;
    if (this.#isSyncing) {
      this.#wantsSync = true;
      return;
    }
    this.#isSyncing = true;
    fdatasync(this.#file.fd, (error) => {
      const again = this.#wantsSync;
      this.#isSyncing = this.#wantsSync = false;
      if (error && error.code !== 'EBADF')
        failed(error); // closed meanwhile
      else if (again) this.sync(failed);
    });
  }

  /** Idempotent. */
  close(): void {
    this.#closeFile();
    if (this.#lock !== undefined) closeSync(this.#lock);
    this.#lock = undefined;
  }

  #append(members: Members): number {
    let sealed = seal(this.#known(), members);
    if (
      this.#current.size + sealed.line.length + 1 > this.#options.maxBytes &&
      this.#current.first < sealed.head.count
    ) {
      this.#rotate();
      sealed = seal(this.#known(), members);
    }
    this.#write(sealed.line);
    this.#head = sealed.head;
    return sealed.head.count;
  }

  #write(line: string): void {
    const file = this.#current;
    const written = writeSync(file.fd, `${line}\n`, null, 'latin1');
    if (written <= line.length) {
      ftruncateSync(file.fd, file.size); // no half line stays
      throw Object.assign(new Error('ENOSPC: no space for a whole record'), { code: 'ENOSPC', syscall: 'write' });
    }
    file.size += written;
  }

  #rotate(): void {
    renameSync(this.#path, path.join(this.#options.folder, archiveName(this.#current.first)));
    this.#closeFile();
    this.#begin();
  }

  /** A new file. Its first record says what it follows, and which records are kept: what is missing later was taken away. */
  #begin(): void {
    const before = this.#known();
    const first = before.count + 1;
    this.#file = this.#openFile(constants.O_APPEND | constants.O_CREAT, first);
    const sealed = seal(before, {
      at: new Date().toISOString(),
      kind: 'head',
      before: before.hash,
      oldest: this.#removeOldest() ?? first,
    });
    this.#write(sealed.line);
    this.#head = sealed.head;
  }

  /** @returns number of the oldest record that is kept in an earlier file */
  #removeOldest(): number | undefined {
    const older = logFiles(this.#options.folder).filter(({ first }) => first !== undefined);
    const excess = Math.max(0, older.length - (this.#options.maxFiles - 1));
    for (const { path: file } of older.slice(0, excess)) unlinkSync(file);
    return older[excess]?.first;
  }

  #openFile(flags: number, first: number): OpenFile {
    const fd = openSync(this.#path, constants.O_WRONLY | constants.O_NOFOLLOW | flags, 0o600);
    const { ino, size } = fstatSync(fd);
    return { fd, inode: ino, first, size };
  }

  /** Somebody may have moved or removed it: what is written then nobody would find. */
  #lookForFile(): void {
    if (this.#file === undefined || performance.now() < this.#lookAt) return;
    this.#lookAt = performance.now() + LOOK_MS;
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found?.ino === this.#file.inode) return;
    this.#vanished = true;
    this.#closeFile();
  }

  #takeLock(): void {
    if (this.#lock !== undefined) return;
    const fd = openSync(path.join(this.#options.folder, LOCK), 'a', 0o600);
    try {
      lockFile(fd);
      this.#lock = fd;
    } catch (cause) {
      closeSync(fd);
      if (errnoOf(cause) !== 'EAGAIN') throw cause;
      throw new AgentError('busy', 'another agent writes this log', { cause });
    }
  }

  #closeFile(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  get #current(): OpenFile {
    if (this.#file === undefined) throw new Error('the log is not open');
    return this.#file;
  }

  #known(): Head {
    if (this.#head === undefined) throw new Error('the log was never opened');
    return this.#head;
  }
}
