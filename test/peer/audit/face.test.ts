import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { logFiles } from '#system-agent/audit/folder.ts';
import { LogFile } from '#system-agent/audit/log-file.ts';
import { ourProgram } from '#test/support/agents.ts';
import { Program, temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

function audit(...words: string[]) {
  const [file, ...args] = ourProgram('audit');
  const { status, stdout, stderr } = spawnSync(file, [...args, ...words], { encoding: 'utf8', timeout: 20_000 });
  return { status, stdout, stderr };
}

const request = (door: string, command: string, args: object, at: string) =>
  ({ at, kind: 'request', door, connection: 1, command, args: { ...args } }) as const;
const OLD = '2020-01-01T00:00:00.000Z';
const NEW = '2026-01-31T12:00:00.000Z';

function writeLog(folder: string): LogFile {
  const log = new LogFile({ folder, maxBytes: 1 << 20, maxFiles: 4, writer: { version: '1' } });
  const first = log.append(request('qga', 'guest-file-open', { path: '/etc/a b\u001b[31m', mode: 'r' }, OLD));
  log.append({ at: OLD, kind: 'outcome', of: first, ok: true, result: 1000 });
  const second = log.append(request('ovirt', 'shutdown', { timeout: 30 }, NEW));
  log.append({ at: NEW, kind: 'outcome', of: second, ok: false, error: 'failed' });
  log.append({ at: NEW, kind: 'denied', door: 'qga', connection: 2, command: 'guest-exec', reason: 'not allowed' });
  log.append({ at: NEW, kind: 'counts', since: OLD, counts: { 'qga guest-ping': 7 } });
  log.close();
  return log;
}

describe('uga audit', () => {
  const folder = temporaryFolder();
  let log: LogFile;
  before(() => {
    log = writeLog(folder.path);
  });
  after(() => folder[Symbol.dispose]());
  const here = () => ['--directory', folder.path];

  it('show: a line a record, which a terminal survives', () => {
    const { status, stdout } = audit('show', ...here());
    assert.equal(status, 0);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 8);
    assert.match(lines[2] ?? '', / 3 qga#1 guest-file-open path="\/etc\/a b\\u001b\[31m" mode=r$/i);
    assert.match(lines[3] ?? '', / 4 {3}3: done, 1000$/);
    assert.match(lines[5] ?? '', / 6 {3}5: failed \(failed\)$/);
    assert.match(lines[6] ?? '', /qga#2 guest-exec denied: not allowed$/);
    assert.match(lines[7] ?? '', /"?qga guest-ping"?=7$/);
    assert.equal(stdout.includes('\u001b'), false);
  });

  for (const [words, numbers] of [
    [
      ['--door', 'ovirt'],
      [5, 6],
    ],
    [
      ['--command', 'guest-file-open'],
      [3, 4],
    ],
    [['--door', 'qga', '--since', '2025-01-01'], [7]],
    [
      ['--since', '2h'],
      [1, 2],
    ],
  ] as const) {
    it(`show ${words.join(' ')}`, () => {
      const { stdout } = audit('show', '--json', ...words, ...here());
      const found = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).n);
      assert.deepEqual(found, numbers);
    });
  }

  it('show --json: the lines of the log', () => {
    const { stdout } = audit('show', '--json', ...here());
    assert.equal(stdout, readFileSync(path.join(folder.path, 'audit.log'), 'utf8'));
  });

  it('verify: exit 0 and the end of the chain, which can be an anchor', () => {
    const { count = 0, hash = '' } = log.head ?? {};
    const plain = audit('verify', ...here());
    assert.deepEqual([plain.status, plain.stdout], [0, `whole: records 1 to ${count}, ends with ${count}:${hash}\n`]);
    assert.equal(audit('verify', '--anchor', `${count}:${hash}`, ...here()).status, 0);
    const json = JSON.parse(audit('verify', '--json', ...here()).stdout);
    assert.deepEqual(json, { whole: true, flaws: [], notes: [], oldest: 1, count, hash });
  });

  it('verify: exit 1 and the place', () => {
    using other = temporaryFolder();
    const { head } = writeLog(other.path);
    const file = path.join(other.path, 'audit.log');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('/etc/a', '/etc/b'));
    const edited = audit('verify', '--directory', other.path);
    assert.deepEqual([edited.status, edited.stdout], [1, `${file}:3: was edited, or the line before it was\n`]);
    writeFileSync(file, `${text.trimEnd().split('\n').slice(0, -2).join('\n')}\n`);
    assert.equal(audit('verify', '--directory', other.path).status, 0);
    const cut = audit('verify', '--directory', other.path, '--anchor', `${head?.count}:${head?.hash}`);
    assert.equal(cut.status, 1);
    assert.match(cut.stdout, /the end is missing: records 7 to 8 are anchored/);
  });

  it('no log, no folder: exit 1 and a sentence', () => {
    using empty = temporaryFolder();
    assert.match(audit('verify', '--directory', empty.path).stderr, /^uga audit: there is no log in/);
    assert.equal(audit('verify', '--directory', empty.path).status, 1);
    assert.equal(audit('follow', '--directory', path.join(empty.path, 'absent')).status, 1);
  });

  for (const words of [
    [],
    ['list'],
    ['show', '--anchor', `1:${'a'.repeat(64)}`],
    ['verify', '--anchor', '1:abc'],
    ['show', '--since', 'tomorrowish'],
    ['show', '--directory', 'relative'],
  ]) {
    it(`'${words.join(' ')}' is a wrong command line`, () => {
      const { status, stderr } = audit(...words);
      assert.equal(status, 2);
      assert.match(stderr, /^Usage: uga audit /m);
    });
  }

  it('follow: what is written from now on, over rotations, each once', async () => {
    using other = temporaryFolder();
    const growing = new LogFile({ folder: other.path, maxBytes: 3_000, maxFiles: 50, writer: {} });
    growing.append(request('qga', 'before', {}, NEW));
    await using follower = new Program([...ourProgram('audit'), 'follow', '--directory', other.path]);
    // The first that it shows says that it is there.
    let tries = 0;
    await until(() => {
      growing.append(request('qga', `try-${tries++}`, {}, NEW));
      return follower.stdout !== '';
    });
    for (let i = 0; i < 200; i++) growing.append(request('qga', `command-${i}`, {}, NEW));
    await until(() => follower.stdout.includes('command-199'));
    const found = [...follower.stdout.matchAll(/ command-(\d+)$/gm)].map(([, number]) => Number(number));
    assert.deepEqual(
      found,
      Array.from({ length: 200 }, (_, i) => i),
    );
    assert.doesNotMatch(follower.stdout, /before/);
    assert.ok(logFiles(other.path).length > 5);
    growing.close();
    follower.kill('SIGINT');
    assert.deepEqual(await follower.exited, { code: 0, signal: null });
  });

  it('follow waits for a log that is not there yet', async () => {
    using other = temporaryFolder();
    await using follower = new Program([...ourProgram('audit'), 'follow', '--json', '--directory', other.path]);
    await until(() => {
      writeLog(other.path);
      return follower.stdout.includes('"hash"');
    });
    rmSync(path.join(other.path, 'audit.log'));
    assert.equal(follower.running, true);
  });
});
