import { isName, isVersion } from './names.ts';
import type { Package } from './packages.ts';

/** @param folders of pacman's local database, one a package, called NAME-VERSION-RELEASE; neither of the last two has a dash */
export function parsePacmanFolders(folders: readonly string[]): readonly Package[] {
  return folders.flatMap((folder) => {
    const [, name = '', version = ''] = /^(.+)-([^-]+-[^-]+)$/.exec(folder) ?? [];
    return isName(name) && isVersion(version) ? [{ name, version, provides: [] }] : [];
  });
}
