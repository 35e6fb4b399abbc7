import { closeSync, existsSync, opendirSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { errnoOf } from '#shared/errors.ts';
import type { Tree, TreeEntry } from './tree.ts';

/** A file of sysfs is one page; udev's records are a little longer. What is beyond is not read. */
const MAX_TEXT = 64 * 1024;
/** More members than any folder that is asked for can have: 8192 processors, 65536 blocks of memory. */
const MAX_ENTRIES = 1 << 17;
const buffer = Buffer.alloc(MAX_TEXT);

/** The tree of this machine. Read in place: these files are in memory, a turn through the thread pool costs more. */
export const systemTree: Tree = {
  read(path) {
    // Asked first, because an exception for a file that is not there costs ten times the question.
    if (!existsSync(path)) return undefined;
    return ignoringErrors(() => {
      const fd = openSync(path, 'r');
      try {
        let size = 0;
        for (let count = -1; count !== 0 && size < MAX_TEXT; size += count) {
          count = readSync(fd, buffer, size, MAX_TEXT - size, null);
        }
        return buffer.toString('utf8', 0, buffer[size - 1] === NEWLINE ? size - 1 : size);
      } finally {
        closeSync(fd);
      }
    });
  },

  list(path) {
    if (!existsSync(path)) return undefined;
    return ignoringErrors(() => {
      // Not readdir, which sorts.
      const folder = opendirSync(path, { bufferSize: 256 });
      try {
        const entries: TreeEntry[] = [];
        for (let entry = folder.readSync(); entry !== null && entries.length < MAX_ENTRIES; entry = folder.readSync()) {
          const kind = entry.isSymbolicLink() ? 'link' : entry.isDirectory() ? 'folder' : 'other';
          entries.push({ name: entry.name, kind });
        }
        return entries;
      } finally {
        folder.closeSync();
      }
    });
  },

  link: (path) => (existsSync(path) ? ignoringErrors(() => readlinkSync(path)) : undefined),
  resolve: (path) => (existsSync(path) ? ignoringErrors(() => realpathSync.native(path)) : undefined),
};

const NEWLINE = 0x0a;

/** A device may be gone between two questions, and some files of sysfs answer with an error: nothing is there then. */
function ignoringErrors<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
