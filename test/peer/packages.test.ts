import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryLog } from '#shared/log/memory.ts';
import { runProgram } from '#shared/process/node.ts';
import type { Run } from '#shared/process/run.ts';
import { systemTree } from '#shared/tree/system-tree.ts';
import { linuxPackages, PACKAGE_PLACES } from '#system-agent/packages/linux.ts';
import { Program, temporaryFolder, until, without } from '#test/support/programs.ts';

const VERSION = '1.2~rc1';

/** A root folder with a package manager's own database in it, and our reading of that. */
abstract class PrivateRoot implements Disposable {
  readonly #folder = temporaryFolder();
  readonly log = new MemoryLog();
  /** How often our reading ran a program. */
  runs = 0;

  protected under(...names: string[]): string {
    return path.join(this.#folder.path, ...names);
  }

  protected call(program: string, args: readonly string[], cwd = this.#folder.path): string {
    const env = { PATH: process.env.PATH, HOME: this.#folder.path, LC_ALL: 'C' };
    return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** As the agent reads them, with all its places below this root. */
  protected packages(run: Run) {
    const { dpkg, pacman, rpmDatabases, rpm } = PACKAGE_PLACES;
    const counting: Run = (argv, options) => {
      this.runs++;
      return run(argv, options);
    };
    const places = {
      dpkg: this.under('root', dpkg),
      pacman: this.under('root', pacman),
      rpmDatabases: rpmDatabases.map((file) => this.under('root', file)),
      rpm,
    };
    const { installed } = linuxPackages(counting, systemTree, this.log, places);
    return async () => (await installed()).map(({ name, version }) => `${name} ${version}`).sort();
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

class RpmRoot extends PrivateRoot {
  /** Debian's rpm keeps its database in a home; this is where those of other distributions do. */
  readonly #where: readonly string[];
  readonly database: string;
  readonly listed: () => Promise<string[]>;

  constructor(folder: string) {
    super();
    this.#where = ['--root', this.under('root'), '--dbpath', folder];
    this.database = this.under('root', folder);
    mkdirSync(this.database, { recursive: true });
    this.call('rpm', [...this.#where, '--initdb']);
    this.listed = this.packages(([program, ...args], options) =>
      runProgram([program, ...this.#where, ...args], options),
    );
  }

  install(name: string): void {
    const [program, ...args] = this.installation(name);
    this.call(program, args);
  }

  /** Makes a package, and says how it is installed. */
  installation(name: string): readonly [string, ...string[]] {
    const spec = this.under(`${name}.spec`);
    const lines = [`Name: ${name}`, 'Epoch: 3', `Version: ${VERSION}`, 'Release: 4', 'Summary: x', 'License: MIT'];
    writeFileSync(spec, [...lines, 'BuildArch: noarch', '%description', 'x', '%files', ''].join('\n'));
    this.call('rpmbuild', ['-bb', '--quiet', '--define', `_topdir ${this.under('build')}`, spec]);
    const file = this.under('build', 'RPMS', 'noarch', `${name}-${VERSION}-4.noarch.rpm`);
    return ['rpm', ...this.#where, '--install', '--nodeps', '--force-debian', file];
  }

  /** What rpm prints without a format of ours. */
  theirs(): string[] {
    return this.call('rpm', [...this.#where, '--query', '--all'])
      .split('\n')
      .filter(Boolean);
  }
}

class PacmanRoot extends PrivateRoot {
  readonly #where: readonly string[];
  readonly listed: () => Promise<string[]>;

  constructor() {
    super();
    const configuration = this.under('pacman.conf');
    const database = this.under('root', 'var/lib/pacman');
    mkdirSync(database, { recursive: true });
    writeFileSync(configuration, '[options]\nArchitecture = auto\nSigLevel = Never\n');
    this.#where = ['--config', configuration, '--root', this.under('root'), '--dbpath', database];
    const places = [
      '--cachedir',
      this.under('cache'),
      '--hookdir',
      this.under('hooks'),
      '--logfile',
      this.under('log'),
    ];
    this.#where = [...this.#where, ...places, '--noconfirm'];
    this.listed = this.packages(runProgram);
  }

  install(name: string, version: string): void {
    const tree = this.under('tree');
    const content = path.join(tree, 'usr/share/lab');
    mkdirSync(content, { recursive: true });
    writeFileSync(path.join(content, name), '');
    const fields = { pkgname: name, pkgver: version, pkgdesc: 'x', builddate: '1', size: '0', arch: 'any' };
    const info = Object.entries(fields).map(([key, value]) => `${key} = ${value}\n`);
    writeFileSync(path.join(tree, '.PKGINFO'), info.join(''));
    const file = this.under(`${name}.pkg.tar`);
    this.call('tar', ['-cf', file, '.PKGINFO', `usr/share/lab/${name}`], tree);
    this.call('pacman', [...this.#where, '--upgrade', file]);
  }

  remove(name: string): void {
    this.call('pacman', [...this.#where, '--remove', name]);
  }

  theirs(): string[] {
    return this.call('pacman', [...this.#where, '--query'])
      .split('\n')
      .filter(Boolean);
  }
}

const needsRpm = without('rpmbuild') || (existsSync(PACKAGE_PLACES.rpm) ? false : `no ${PACKAGE_PLACES.rpm}`);

describe("rpm's own database", { skip: needsRpm }, () => {
  for (const folder of ['/var/lib/rpm', '/usr/lib/sysimage/rpm']) {
    it(`in ${folder} is listed as rpm lists it, and asked again only after a change`, async () => {
      using root = new RpmRoot(folder);
      root.install('lab-editor');
      assert.deepEqual(root.theirs(), [`lab-editor-${VERSION}-4.noarch`]);
      assert.deepEqual(await root.listed(), [`lab-editor ${VERSION}-4`]);
      assert.deepEqual(await root.listed(), [`lab-editor ${VERSION}-4`]);
      assert.equal(root.runs, 1);
      root.install('lab-viewer');
      assert.deepEqual(await root.listed(), [`lab-editor ${VERSION}-4`, `lab-viewer ${VERSION}-4`]);
      assert.deepEqual(root.log.lines, []);
    });
  }

  it('that somebody reads meanwhile is seen to change', async () => {
    using root = new RpmRoot('/var/lib/rpm');
    root.install('lab-editor');
    assert.equal((await root.listed()).length, 1);
    const file = path.join(root.database, 'rpmdb.sqlite');
    await using reader = new Program(['/usr/bin/python3', '-c', READER, file]);
    await until(() => reader.stdout !== '' || !reader.running, 'the reader');
    assert.ok(reader.running, reader.stderr);
    // It waits for the reader before it moves what it has written into the database itself.
    await using _installing = new Program(root.installation('lab-viewer'));
    let listed: readonly string[] = [];
    for (const end = Date.now() + 30_000; listed.length < 2 && Date.now() < end; await sleep(50)) {
      listed = await root.listed();
    }
    assert.deepEqual(listed, [`lab-editor ${VERSION}-4`, `lab-viewer ${VERSION}-4`]);
    assert.ok(reader.running);
  });
});

/** Begins to read, and does not end. */
const READER = `import signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('begin')
print(database.execute('select count(*) from Packages').fetchall(), flush=True)
signal.pause()`;

describe("pacman's own database", { skip: without('pacman') }, () => {
  it('is listed as pacman lists it, after each change', async () => {
    using root = new PacmanRoot();
    const agrees = async (expected: readonly string[]) => {
      assert.deepEqual(root.theirs(), expected);
      assert.deepEqual(await root.listed(), expected);
    };
    root.install('lab-editor', '3:1.2rc1-4');
    await agrees(['lab-editor 3:1.2rc1-4']);
    root.install('lab-gtk-viewer', '1-1');
    await agrees(['lab-editor 3:1.2rc1-4', 'lab-gtk-viewer 1-1']);
    root.install('lab-editor', '3:1.3-1');
    await agrees(['lab-editor 3:1.3-1', 'lab-gtk-viewer 1-1']);
    root.remove('lab-gtk-viewer');
    await agrees(['lab-editor 3:1.3-1']);
    assert.deepEqual([root.runs, root.log.lines], [0, []]);
  });
});
