import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import { runProgram } from '#shared/process/node.ts';
import type { Run } from '#shared/process/run.ts';
import { findTool } from '#shared/process/tools.ts';
import { systemTree } from '#shared/tree/system-tree.ts';
import { parseDpkgStatus } from '#system-agent/packages/dpkg.ts';
import { linuxPackages } from '#system-agent/packages/linux.ts';
import { parsePacmanFolders } from '#system-agent/packages/pacman.ts';
import { parseRpmOutput } from '#system-agent/packages/rpm.ts';
import { temporaryFolder } from '#test/support/programs.ts';

describe('packages of dpkg', () => {
  it('are those that are wholly installed', async () => {
    const status = [
      'Package: vim\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2:9.0.1378-2\nProvides: editor',
      'Package: held\nStatus: hold ok installed\nVersion: 1~rc1+b2\nDescription: one\n Version: 7\n .\n Package: no',
      'Package: gone\nStatus: deinstall ok config-files\nVersion: 1',
      'Package: half\nStatus: install ok half-configured\nVersion: 1',
      'Package: unknown\nStatus: install ok not-installed',
    ].join('\n\n');
    assert.deepEqual(await parseDpkgStatus(`${status}\n`), [
      { name: 'vim', version: '2:9.0.1378-2', provides: ['editor'] },
      { name: 'held', version: '1~rc1+b2', provides: [] },
    ]);
  });

  it('provide names with versions and architectures', async () => {
    const [one] = await parseDpkgStatus(
      'Package: x\nStatus: install ok installed\nVersion: 1\nProvides: a, b (= 1.0),c:any , $d, linux-image\n',
    );
    assert.deepEqual(one?.provides, ['a', 'b', 'c', 'linux-image']);
  });

  it('with names or versions that are none are left out', async () => {
    const paragraph = (name: string, version: string) =>
      `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n\n`;
    const text =
      paragraph('a,b', '1') + paragraph('a', '1,2') + paragraph('', '1') + paragraph('-x', '1') + paragraph('a', '');
    assert.deepEqual(await parseDpkgStatus(text), []);
    assert.deepEqual(await parseDpkgStatus('nonsense'), []);
    assert.deepEqual(await parseDpkgStatus(''), []);
  });

  it('of this machine are those of dpkg-query', { skip: findTool('dpkg-query') === undefined }, async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of dpkg-query
    const format = '${db:Status-Status} ${Package} ${Version}\\n';
    const expected = execFileSync('dpkg-query', ['--show', `--showformat=${format}`], { encoding: 'utf8' })
      .split('\n')
      .flatMap((line) => (line.startsWith('installed ') ? [line.slice('installed '.length)] : []));
    const log = new MemoryLog();
    const found = (await linuxPackages(runProgram, systemTree, log).installed()).map(
      ({ name, version }) => `${name} ${version}`,
    );
    const missing = expected.filter((one) => !found.includes(one));
    assert.deepEqual([missing, log.lines], [[], []]);
    assert.ok(expected.length > 0 && found.length >= expected.length);
  });
});

describe('packages of pacman', () => {
  it('are the folders of its database', () => {
    assert.deepEqual(
      parsePacmanFolders(['linux-6.9.1.arch1-1', 'gtk-update-icon-cache-1:4.14-2', 'ALPM_DB_VERSION', 'x-1']),
      [
        { name: 'linux', version: '6.9.1.arch1-1', provides: [] },
        { name: 'gtk-update-icon-cache', version: '1:4.14-2', provides: [] },
      ],
    );
  });
});

describe('packages of rpm', () => {
  it('are the lines of its output, without keys', () => {
    assert.deepEqual(
      parseRpmOutput('kernel 5.14.0-362.el9\ngpg-pubkey fd431d51-4ae0493b\nbad line here\n\nx 1^git-2\n'),
      [
        { name: 'kernel', version: '5.14.0-362.el9', provides: [] },
        { name: 'x', version: '1^git-2', provides: [] },
      ],
    );
  });
});

describe('the packages of a system', () => {
  const places = (folder: string) => ({
    dpkg: path.join(folder, 'status'),
    pacman: path.join(folder, 'local'),
    rpm: path.join(folder, 'rpm'),
    rpmDatabases: [path.join(folder, 'rpmdb.sqlite'), path.join(folder, 'Packages')],
  });

  it('are asked of every manager that is there, and again only after a change', async () => {
    using folder = temporaryFolder();
    const at = places(folder.path);
    const runs: (readonly string[])[] = [];
    let status = 0;
    const run: Run = async (argv) => {
      runs.push(argv);
      return { status, signal: undefined, output: `kernel ${runs.length}-1\n` };
    };
    const log = new MemoryLog();
    const packages = linuxPackages(run, systemTree, log, at);
    const names = async () => (await packages.installed()).map(({ name, version }) => `${name} ${version}`);
    assert.deepEqual(await names(), []);
    writeFileSync(at.dpkg, 'Package: a\nStatus: install ok installed\nVersion: 1\n');
    mkdirSync(path.join(at.pacman, 'b-1-1'), { recursive: true });
    writeFileSync(at.rpm, '');
    assert.deepEqual(await names(), ['a 1', 'b 1-1'], 'a program without a database is no package manager');
    writeFileSync(at.rpmDatabases[1] ?? '', 'x');
    const all = await Promise.all([names(), names()]);
    assert.deepEqual(all, [
      ['a 1', 'b 1-1', 'kernel 1-1'],
      ['a 1', 'b 1-1', 'kernel 1-1'],
    ]);
    assert.deepEqual(await names(), ['a 1', 'b 1-1', 'kernel 1-1']);
    assert.equal(runs.length, 1);
    assert.equal(runs[0]?.[0], at.rpm);
    utimesSync(at.rpmDatabases[1] ?? '', 1, 1);
    assert.deepEqual((await names()).at(-1), 'kernel 2-1');
    status = 1;
    utimesSync(at.rpmDatabases[1] ?? '', 2, 2);
    assert.deepEqual([(await names()).at(-1), (await names()).at(-1)], ['kernel 2-1', 'kernel 2-1']);
    assert.equal(log.lines.length, 1, 'what fails is told once, and what was known stays');
  });
});
