import path from 'node:path';
import type { Tree, TreeEntry } from '#shared/tree/tree.ts';

/** A file's text, or where a link leads. */
export type Leaf = string | { readonly link: string };

/** A tree from its leaves, by absolute path; folders are there because something is in them, in the order of first mention. */
export function fakeTree(leaves: Readonly<Record<string, Leaf>>): Tree {
  const folders = new Map<string, Map<string, TreeEntry['kind']>>();
  for (const [leaf, value] of Object.entries(leaves)) {
    let kind: TreeEntry['kind'] = typeof value === 'string' ? 'other' : 'link';
    for (let at = leaf; at !== '/'; at = path.posix.dirname(at), kind = 'folder') {
      const folder = path.posix.dirname(at);
      const members = folders.get(folder) ?? new Map<string, TreeEntry['kind']>();
      folders.set(folder, members);
      if (!members.has(path.posix.basename(at))) members.set(path.posix.basename(at), kind);
    }
  }
  const known = new Map(Object.entries(leaves));
  /** As the kernel walks: links on the way are followed, the last name is not. */
  const walk = (file: string): string => {
    let at = '/';
    for (const name of file.split('/').slice(1, -1)) {
      at = path.posix.join(at, name);
      const leaf = known.get(at);
      if (leaf !== undefined && typeof leaf !== 'string') at = path.posix.resolve(path.posix.dirname(at), leaf.link);
    }
    return path.posix.join(at, path.posix.basename(file));
  };
  return {
    read: (file) => {
      const leaf = known.get(walk(file));
      return typeof leaf === 'string' ? leaf : undefined;
    },
    list: (folder) => {
      const members = folders.get(walk(`${folder}/x`).slice(0, -2));
      return members && Array.from(members, ([name, kind]) => ({ name, kind }));
    },
    link: (file) => {
      const leaf = known.get(walk(file));
      return leaf === undefined || typeof leaf === 'string' ? undefined : leaf.link;
    },
  };
}
