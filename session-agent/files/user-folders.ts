import path from 'node:path';

/** Folder names when the user has chosen none, as xdg-user-dirs makes them. */
const USUAL = { download: 'Downloads', desktop: 'Desktop' } as const;

export interface Home {
  readonly home: string;
  /** Text of user-dirs.dirs; undefined where there is none. */
  readonly userDirs: string | undefined;
}

/**
 * The folder that a rule means for this user.
 * @param rule as files.begin has it
 * @returns undefined for what is no rule
 */
export function folderOf(rule: string, { home, userDirs }: Home): string | undefined {
  if (rule === 'download' || rule === 'desktop') {
    return chosen(rule, userDirs ?? '', home) ?? path.join(home, USUAL[rule]);
  }
  if (rule.startsWith('~/')) return path.join(home, rule.slice(2));
  return path.isAbsolute(rule) ? path.normalize(rule) : undefined;
}

/**
 * What user-dirs.dirs says: lines of a shell, of which only `XDG_x_DIR="$HOME/y"` and absolute paths count. The home
 * itself means that the user has no such folder. Source: xdg-user-dirs, user-dirs.dirs(5)
 */
function chosen(name: keyof typeof USUAL, userDirs: string, home: string): string | undefined {
  const line = new RegExp(`^[ \\t]*XDG_${name.toUpperCase()}_DIR[ \\t]*=[ \\t]*"((?:[^"\\\\]|\\\\.)*)"[ \\t]*$`, 'gm');
  const value = [...userDirs.matchAll(line)].at(-1)?.[1];
  if (value === undefined) return undefined;
  const [, below] = /^\$HOME(?:\/(.*))?$/.exec(value) ?? [];
  const isBelow = value.startsWith('$HOME/') || value === '$HOME';
  if (!isBelow && !value.startsWith('/')) return undefined;
  const unescaped = (isBelow ? (below ?? '') : value).replace(/\\(.)/g, '$1');
  const folder = isBelow ? path.join(home, unescaped) : path.normalize(unescaped);
  return path.relative(home, folder) === '' ? undefined : folder;
}
