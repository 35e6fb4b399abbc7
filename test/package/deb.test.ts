import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { without } from '#test/support/programs.ts';

const missing = without('dpkg-deb') || without('strip') || without('readelf') || without('git');

describe('the Debian package', { skip: missing }, () => {
  const work = mkdtempSync(path.join(tmpdir(), 'uga-deb-'));
  let deb = '';
  const inside = (name: string) => path.join(work, 'root', name);

  before(() => {
    deb = build(process.cwd(), path.join(work, 'first'), '022', { TZ: 'UTC' });
    execFileSync('dpkg-deb', ['-x', deb, path.join(work, 'root')]);
    execFileSync('dpkg-deb', ['-e', deb, path.join(work, 'control')]);
  });
  after(() => rmSync(work, { recursive: true }));

  it('has the same bytes when it is built elsewhere, later, by somebody with another umask and time zone', () => {
    const copy = path.join(work, 'copy');
    execFileSync('git', ['clone', '--quiet', '--shared', process.cwd(), copy]);
    // What is not committed yet belongs to the build too.
    const names = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const name of names) cpSync(name, path.join(copy, name));
    symlinkSync(path.resolve('node_modules'), path.join(copy, 'node_modules'));
    const again = build(copy, path.join(work, 'second'), '077', { TZ: 'Asia/Tokyo', LC_ALL: 'C' });
    assert.equal(sha256(again), sha256(deb));
  });

  it('has everything owned by root, nothing that others may write, and the program under its names', () => {
    const lines = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' }).trim().split('\n');
    for (const line of lines) assert.match(line, /^(d|-|l)rw[x-]r[-w][x-]r[-w][x-] root\/root /);
    for (const line of lines.filter((one) => !one.startsWith('l'))) assert.match(line, /^.rw.r-.r-. /);
    for (const name of ['usr/bin/uga', 'usr/sbin/qemu-ga']) {
      assert.ok(lines.some((line) => line.endsWith(` ./${name} -> ../lib/uga/uga.js`)));
    }
    assert.match(readFileSync(inside('usr/lib/uga/uga.js'), 'utf8'), /^#!\/usr\/lib\/uga\/node\n/);
  });

  it('holds no path of the machine that built it', () => {
    const programs = readdirSync(inside('usr/lib/uga')).filter((name) => name.endsWith('.js'));
    assert.ok(programs.includes('uga-system-agent.js'));
    for (const name of programs) {
      const program = readFileSync(inside(`usr/lib/uga/${name}`), 'utf8');
      for (const trace of [process.cwd(), '../node_modules', 'uga-content-'])
        assert.ok(!program.includes(trace), trace);
    }
  });

  it("holds code of V8 for the agents, which it takes with their units' flags", () => {
    for (const [kind, agent] of [
      ['system', 'system-agent'],
      ['user', 'session-agent'],
    ]) {
      const unit = readFileSync(inside(`usr/lib/systemd/${kind}/uga-${agent}.service`), 'utf8');
      const [, flags = ''] = /^ExecStart=\/usr\/lib\/uga\/node (.*) \/usr\/lib\/uga\/uga\.js/m.exec(unit) ?? [];
      const bundle = inside(`usr/lib/uga/uga-${agent}.js`);
      const look = `
        const { readFileSync } = require('node:fs');
        const text = require('node:module').wrap(readFileSync(process.argv[1], 'latin1'));
        const cachedData = readFileSync(process.argv[1] + '.code');
        console.log(new (require('node:vm').Script)(text, { cachedData }).cachedDataRejected);`;
      const argv = [...flags.split(' '), '-e', look, bundle];
      assert.equal(execFileSync(inside('usr/lib/uga/node'), argv, { encoding: 'utf8' }), 'false\n');
    }
  });

  it('needs no newer system than it says, and no library that it does not name', () => {
    const needed = new Set<string>();
    for (const name of ['usr/lib/uga/node', 'usr/lib/uga/native/koffi.node']) {
      const text = execFileSync('readelf', ['--wide', '--dynamic', '--version-info', inside(name)], {
        encoding: 'utf8',
        maxBuffer: 64 << 20,
      });
      for (const [, library = ''] of text.matchAll(/\(NEEDED\).*\[(.*)\]/g)) needed.add(library);
      for (const [, minor] of text.matchAll(/Name: GLIBC_2\.(\d+)/g))
        assert.ok(Number(minor) <= 28, `${name}: 2.${minor}`);
      for (const [, minor] of text.matchAll(/Name: GLIBCXX_3\.4\.(\d+)/g)) assert.ok(Number(minor) <= 21, name); // GCC 5.2
    }
    const known = /^(lib(c|m|dl|pthread|rt)\.so\.\d|ld-linux-x86-64\.so\.2|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/;
    for (const library of needed) assert.match(library, known);
  });

  it('says under which licence each of its parts stands, and lists the same parts for who looks for holes', () => {
    const { components } = JSON.parse(readFileSync(inside('usr/share/doc/uga/sbom.cdx.json'), 'utf8')) as Bill;
    const copyright = readFileSync(inside('usr/share/doc/uga/copyright'), 'utf8');
    const names = components.map(({ name }) => name);
    for (const name of ['node', 'koffi', 'pino', 'msgpackr', 'dbus-next', 'x11']) assert.ok(names.includes(name), name);
    for (const name of names.filter((one) => one !== 'node')) assert.ok(copyright.includes(`(${name})\n`), name);
    assert.match(copyright, /^License: Node\.js\n Node\.js is licensed for use/m);
    const node = components.find(({ name }) => name === 'node');
    assert.equal(node?.hashes?.[0]?.content, sha256(inside('usr/lib/uga/node')));
    assert.ok(node?.components?.some(({ name }) => name === 'openssl'));
  });

  it('names every file of /etc as configuration, so that dpkg keeps what an administrator changed', () => {
    const files = execFileSync('find', ['etc', '-type', 'f'], { cwd: inside(''), encoding: 'utf8' })
      .trim()
      .split('\n');
    const expected = files.filter(Boolean).map((name) => `/${name}`);
    const conffiles = expected.length === 0 ? '' : readFileSync(path.join(work, 'control', 'conffiles'), 'utf8');
    assert.deepEqual(conffiles.trim().split('\n').filter(Boolean).sort(), expected.sort());
  });

  it('has no errors or warnings from lintian', { skip: without('lintian') }, () => {
    execFileSync('lintian', ['--allow-root', '--fail-on', 'error,warning', deb], { stdio: ['ignore', 2, 2] });
  });
});

interface Bill {
  readonly components: readonly {
    readonly name: string;
    readonly hashes?: readonly { readonly content: string }[];
    readonly components?: readonly { readonly name: string }[];
  }[];
}

/** @returns path of the package */
function build(checkout: string, folder: string, umask: string, environment: Record<string, string>): string {
  const script = `umask ${umask} && exec "$0" installer/package.js --quick --out "$1"`;
  const env = { ...process.env, ...environment };
  const printed = execFileSync('sh', ['-c', script, process.execPath, folder], {
    cwd: checkout,
    encoding: 'utf8',
    env,
  });
  return path.resolve(checkout, printed.trim());
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
