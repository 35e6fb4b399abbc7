import { listFolder, readLink, readSmallText } from '#shared/native/small-files.ts';
import type { Tree } from './tree.ts';

/** More members than any folder that is asked for can have: 8192 processors, 65536 blocks of memory. */
const MAX_ENTRIES = 1 << 17;

/** The tree of this machine. Read in place: these files are in memory, a turn through the thread pool costs more. */
export const systemTree: Tree = {
  read: (path) => readSmallText(path)?.replace(/\n$/, ''),
  list: (path) => listFolder(path, MAX_ENTRIES),
  link: readLink,
};
