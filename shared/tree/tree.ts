import path from 'node:path';

/**
 * A tree of files as the kernel and udev offer theirs: small texts, folders, links. What is decided from such a tree is
 * written against this interface, so that a test can hand it any machine.
 */
export interface Tree {
  /**
   * Text of a small file, without the newline at its end.
   * @returns undefined when there is no such file or it cannot be read
   */
  read(path: string): string | undefined;
  /** Members of a folder, in the order in which the kernel has them; undefined when there is no such folder. */
  list(path: string): readonly TreeEntry[] | undefined;
  /** What a link says, as it says it; undefined when there is no such link. */
  link(path: string): string | undefined;
}

export interface TreeEntry {
  readonly name: string;
  readonly kind: 'folder' | 'link' | 'other';
}

/**
 * Where a link leads, as an absolute path. Links of sysfs go through no other link, so their text tells.
 * @returns undefined when there is no such link
 */
export function targetOf(tree: Tree, link: string): string | undefined {
  const text = tree.link(link);
  return text === undefined ? undefined : path.posix.resolve(path.posix.dirname(link), text);
}
