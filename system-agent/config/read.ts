import { type Config, DEFAULTS } from './config.ts';
import { type Files, localFiles } from './files.ts';
import { Findings, type Hook, type Place, type Problem } from './findings.ts';
import { readOvirt } from './originals/ovirt.ts';
import { readQemuGa } from './originals/qemu-ga.ts';
import { readVdagentd } from './originals/vdagentd.ts';
import { readOwn } from './own.ts';
import type { Restriction } from './restrictions.ts';
import { SETTINGS } from './settings.ts';

/** Everything that was read, and what follows from it. */
export interface Configuration {
  readonly config: Config;
  /** Where each value comes from; 'default' if from nowhere. */
  readonly origins: Readonly<Record<keyof Config, Place>>;
  /** What hosts may not run, from all places. */
  readonly restrictions: readonly Restriction[];
  readonly problems: readonly Problem[];
  readonly hooks: readonly Hook[];
  /** Files that were there and read. */
  readonly files: readonly string[];
}

export interface ReadOptions {
  /** Our own file instead of the default one. */
  readonly file?: string | undefined;
  readonly files?: Files;
  readonly environment?: NodeJS.ProcessEnv;
  /** What the command line sets, and the option that does. */
  readonly overrides?: Partial<Config>;
}

/**
 * Reads our own configuration and that of the agents we replace. Reads files and changes nothing; what is wrong is a
 * problem in the result, never an exception.
 */
export function readConfiguration(options: ReadOptions = {}): Configuration {
  const { file, files = localFiles(), environment = process.env, overrides = {} } = options;
  const own = new Findings();
  readOwn(files, file, own);
  const originals = new Findings();
  if (own.settings.honourOriginals ?? DEFAULTS.honourOriginals) {
    readQemuGa(files, environment, originals);
    readOvirt(files, originals);
    readVdagentd(files, originals);
  }
  const given = Object.keys(overrides).map((name) => [name, 'command line']);
  const defaults = SETTINGS.map(({ name }) => [name, 'default']);
  return {
    config: { ...DEFAULTS, ...originals.settings, ...own.settings, ...overrides },
    origins: { ...Object.fromEntries(defaults), ...originals.origins, ...own.origins, ...Object.fromEntries(given) },
    restrictions: [...own.restrictions, ...originals.restrictions],
    problems: [...own.problems, ...originals.problems],
    hooks: [...own.hooks, ...originals.hooks],
    files: [...own.files, ...originals.files],
  };
}
