import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import type { ConfigFile, Files } from '#system-agent/config/files.ts';

/** A tree of files by their absolute paths. A file that is null cannot be read. */
export function fixtureFiles(tree: Readonly<Record<string, string | ConfigFile | null>>): Files {
  const paths = Object.keys(tree);
  return {
    read(file) {
      const content = tree[file];
      if (content === null) throw new AgentError('failed', 'cannot be read: permission denied');
      return typeof content === 'string' ? { text: content } : content;
    },
    list(folder) {
      const below = paths.filter((file) => file.startsWith(`${folder}/`));
      return [...new Set(below.map((file) => file.slice(folder.length + 1).split(path.sep)[0] ?? ''))].sort();
    },
    exists: (file) => file in tree,
  };
}
