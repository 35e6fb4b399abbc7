import { readFile, stat } from 'node:fs/promises';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { Patience } from '#shared/lifecycle/patience.ts';
import type { Log } from '#shared/log/log.ts';
import type { Run } from '#shared/process/run.ts';
import type { Tree } from '#shared/tree/tree.ts';
import { parseDpkgStatus } from './dpkg.ts';
import type { Package, Packages } from './packages.ts';
import { parsePacmanFolders } from './pacman.ts';
import { parseRpmOutput, RPM_FORMAT } from './rpm.ts';

/** Where the package managers keep what they know. */
export interface PackagePlaces {
  readonly dpkg: string;
  readonly pacman: string;
  /** Each release of rpm has its own. What is installed while somebody reads stays in SQLite's log until that one has left. */
  readonly rpmDatabases: readonly string[];
  /** Its database has no format that others read; the program is the system's own, at this place and no other (S3). */
  readonly rpm: string;
}

export const PACKAGE_PLACES: PackagePlaces = {
  dpkg: '/var/lib/dpkg/status',
  pacman: '/var/lib/pacman/local',
  rpmDatabases: ['/usr/lib/sysimage/rpm', '/var/lib/rpm'].flatMap((folder) =>
    ['rpmdb.sqlite', 'rpmdb.sqlite-wal', 'Packages.db', 'Packages'].map((name) => `${folder}/${name}`),
  ),
  rpm: '/usr/bin/rpm',
};

/** A system with ten thousand packages has a tenth of it. */
const MAX_FILE = 128 * 1024 * 1024;
const MAX_OUTPUT = 8 * 1024 * 1024;
const RPM_TIMEOUT_MS = 30_000;
/** For one package manager: its records may lie on a disk that does not answer. */
const LIMIT_MS = 40_000;

/** A package manager's records, read anew when they have changed. */
interface Source {
  readonly name: string;
  /** What is another text after a change; undefined when there is no such package manager here. */
  stamp(): Promise<string | undefined>;
  read(): Promise<readonly Package[]>;
}

interface Known {
  readonly stamp: string;
  readonly packages: readonly Package[];
}

export function linuxPackages(run: Run, tree: Tree, log: Log, places = PACKAGE_PLACES): Packages {
  const sources = sourcesIn(run, tree, places);
  const patience = new Patience(LIMIT_MS, 1);
  const known = new Map<Source, Known>();
  /** Told in the log once, and again after it has worked. */
  const failing = new Set<Source>();
  let asking: Promise<readonly Package[]> | undefined;

  async function read(source: Source): Promise<readonly Package[]> {
    const stamp = await source.stamp();
    if (stamp === undefined) return [];
    const before = known.get(source);
    if (before?.stamp === stamp) return before.packages;
    // A copy: of a text that others are parts of V8 keeps the whole, and dpkg's has two to five megabytes.
    const packages = structuredClone(await source.read());
    known.set(source, { stamp, packages });
    return packages;
  }

  async function packagesOf(source: Source): Promise<readonly Package[]> {
    const late = () => {
      throw new AgentError('timeout', 'its records do not answer');
    };
    try {
      const packages = await patience.ask(source.name, () => read(source), late);
      failing.delete(source);
      return packages;
    } catch (error) {
      if (!failing.has(source)) log.warn('packages are not known', { manager: source.name, error });
      failing.add(source);
      return known.get(source)?.packages ?? [];
    }
  }

  async function readAll(): Promise<readonly Package[]> {
    const packages: Package[] = [];
    // One after the other: of those that hang one may hold a thread.
    for (const source of sources) packages.push(...(await packagesOf(source)));
    return packages;
  }

  return {
    /** Those who ask while the records are read share the answer. */
    installed() {
      asking ??= readAll().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}

function sourcesIn(run: Run, tree: Tree, places: PackagePlaces): readonly Source[] {
  return [
    {
      name: 'dpkg',
      stamp: () => stampOf([places.dpkg]),
      read: async () => parseDpkgStatus(await readRecords(places.dpkg)),
    },
    {
      name: 'pacman',
      stamp: () => stampOf([places.pacman]),
      read: async () => parsePacmanFolders((tree.list(places.pacman) ?? []).map(({ name }) => name)),
    },
    {
      name: 'rpm',
      stamp: async () => (await stampOf([places.rpm])) && stampOf(places.rpmDatabases),
      async read() {
        const argv = [places.rpm, '--query', '--all', '--queryformat', RPM_FORMAT] as const;
        const options = { timeoutMs: RPM_TIMEOUT_MS, stdoutOnly: true, maxOutput: MAX_OUTPUT };
        const { status, output } = await run(argv, options);
        if (status !== 0) throw new AgentError('failed', `rpm ended with status ${status ?? 'none'}`);
        return parseRpmOutput(output);
      },
    },
  ];
}

async function readRecords(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_FILE) throw new AgentError('failed', `${file} is longer than ${MAX_FILE >> 20} MiB`);
  return readFile(file, 'utf8');
}

/** Of those that are there; undefined when none is. */
async function stampOf(files: readonly string[]): Promise<string | undefined> {
  const stamps: string[] = [];
  for (const file of files) {
    try {
      const { ino, size, mtimeNs } = await stat(file, { bigint: true });
      stamps.push(`${ino} ${size} ${mtimeNs}`);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
    }
  }
  return stamps.length === 0 ? undefined : stamps.join();
}
