import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';

/** Where configuration is read from, so that tests can have a tree of their own. */
export interface Files {
  /**
   * @returns undefined when there is no such file
   * @throws {AgentError} 'failed' when it cannot be read or is no file of a sensible size
   */
  read(path: string): ConfigFile | undefined;
  /** Names in a folder, sorted by their bytes; none when there is no such folder. @throws {AgentError} 'failed' */
  list(path: string): readonly string[];
  exists(path: string): boolean;
}

export interface ConfigFile {
  readonly text: string;
  /** Why its word cannot be taken for the administrator's, when others may write it. */
  readonly untrusted?: string;
}

/** A hundred times what any configuration needs (S5). */
const MAX_BYTES = 256 * 1024;
const MAX_NAMES = 256;
const OTHERS_MAY_WRITE = 0o022;

/** The files of this machine. For root only files count that nobody else may write; others read what they may. */
export function localFiles(uid: number | undefined = process.getuid?.()): Files {
  return {
    read(path) {
      const fd = orMissing(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY));
      if (fd === undefined) return undefined;
      try {
        return { text: readWhole(fd), ...(uid === 0 ? distrust(fstatSync(fd)) : {}) };
      } finally {
        closeSync(fd);
      }
    },
    list(path) {
      const names = orMissing(() => readdirSync(path)) ?? [];
      if (names.length > MAX_NAMES) throw new AgentError('failed', `more than ${MAX_NAMES} files`);
      return names.sort();
    },
    exists: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
  };
}

function orMissing<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw new AgentError('failed', `cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function readWhole(fd: number): string {
  const stats = fstatSync(fd);
  // A unit that is masked, or a file that is meant to be empty, is often a link to /dev/null.
  if (stats.isCharacterDevice() && stats.rdev === statSync('/dev/null').rdev) return '';
  if (!stats.isFile()) throw new AgentError('failed', 'is no file');
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  for (let got = -1; got !== 0 && length < bytes.length; length += got) {
    got = readSync(fd, bytes, length, bytes.length - length, null);
  }
  if (length > MAX_BYTES) throw new AgentError('failed', `is larger than ${MAX_BYTES / 1024} KiB`);
  if (bytes.subarray(0, length).includes(0)) throw new AgentError('failed', 'is no text');
  return bytes.toString('utf8', 0, length);
}

function distrust({ uid, mode }: Stats): { untrusted?: string } {
  if (uid !== 0) return { untrusted: `belongs to user ${uid}` };
  return (mode & OTHERS_MAY_WRITE) === 0 ? {} : { untrusted: 'may be written by others' };
}
