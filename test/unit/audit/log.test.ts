import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { Head } from '#system-agent/audit/chain.ts';
import { logLines } from '#system-agent/audit/lines.ts';
import { LogFile } from '#system-agent/audit/log-file.ts';
import { verifyLog } from '#system-agent/audit/verify.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const WRITER = { version: '1.0.0' };
const AT = '2026-01-31T12:00:00.000Z';

function logIn(folder: string, more: { maxBytes?: number; maxFiles?: number } = {}): LogFile {
  return new LogFile({ folder, maxBytes: 1 << 20, maxFiles: 4, writer: WRITER, ...more });
}

/** A log with records 1 (head), 2 (opened) and as many more as are asked for, closed. */
function written(
  folder: string,
  count: number,
  { name = 'c', ...more }: { name?: string; maxBytes?: number; maxFiles?: number } = {},
): Head {
  const log = logIn(folder, more);
  for (let i = 0; i < count; i++) log.append({ at: AT, kind: 'request', command: `${name}${i}` });
  log.close();
  assert.ok(log.head);
  return log.head;
}

const current = (folder: string) => path.join(folder, 'audit.log');
const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');
const put = (file: string, lines: readonly (string | undefined)[]) => writeFileSync(file, `${lines.join('\n')}\n`);
const archives = (folder: string) =>
  readdirSync(folder)
    .filter((name) => /^audit\.log\.\d+$/.test(name))
    .sort((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2]));

async function flaws(folder: string, anchor?: Head): Promise<string[]> {
  const verdict = await verifyLog(logLines(folder), anchor);
  return verdict.flaws.map(({ file, line, text }) => `${file && path.basename(file)}:${line}: ${text}`);
}

describe('the log of the audit', () => {
  it('is a chain that sha256 of the digits before and the record confirms', () => {
    using folder = temporaryFolder();
    const head = written(folder.path, 2);
    let before = '0'.repeat(64);
    for (const line of linesOf(current(folder.path))) {
      const [, object, hash] = /^(.*), "hash": "(\w{64})"\}$/.exec(line) ?? [];
      assert.equal(createHash('sha256').update(`${before}${object}}`).digest('hex'), hash);
      before = hash ?? '';
    }
    assert.deepEqual(head, { count: 4, hash: before });
  });

  it('is for its owner alone', () => {
    using folder = temporaryFolder();
    written(path.join(folder.path, 'deep', 'er'), 1);
    assert.equal(statSync(path.join(folder.path, 'deep', 'er')).mode & 0o777, 0o700);
    assert.equal(statSync(path.join(folder.path, 'deep', 'er', 'audit.log')).mode & 0o777, 0o600);
  });

  it('goes on where the last run has ended', async () => {
    using folder = temporaryFolder();
    const first = written(folder.path, 1);
    const second = written(folder.path, 1);
    assert.equal(second.count, first.count + 2); // that it was opened, and the record
    assert.deepEqual(await flaws(folder.path, second), []);
    assert.deepEqual(await flaws(folder.path, first), []);
  });

  it('rotates by size, keeps so many files, and says in each what it follows and what is kept', async () => {
    using folder = temporaryFolder();
    const head = written(folder.path, 200, { maxBytes: 2_000, maxFiles: 4 });
    const old = archives(folder.path);
    assert.equal(old.length, 3);
    for (const name of [...old, 'audit.log']) {
      const lines = linesOf(path.join(folder.path, name));
      const { kind, n, oldest } = JSON.parse(lines[0] ?? '');
      assert.equal(kind, 'head');
      assert.ok(oldest <= n);
      if (name !== 'audit.log') assert.equal(name, `audit.log.${n}`);
      assert.ok(statSync(path.join(folder.path, name)).size <= 2_000);
    }
    assert.deepEqual(await flaws(folder.path, head), []);
    assert.equal((await verifyLog(logLines(folder.path), head)).head.count, head.count);
  });

  it('cuts off what a power failure has left behind the last record, and says how much', async () => {
    using folder = temporaryFolder();
    written(folder.path, 3);
    const torn = '{"n": 6, "at": "20\0\0\0\nx\n\0';
    writeFileSync(current(folder.path), torn, { flag: 'a' });
    const head = written(folder.path, 1);
    assert.deepEqual(await flaws(folder.path, head), []);
    const opened = linesOf(current(folder.path))
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === 'opened');
    assert.deepEqual(
      opened.map(({ cut }) => cut),
      [undefined, torn.length],
    );
  });

  it('puts aside a file that is no log, and goes on with the chain of the older files', async () => {
    using folder = temporaryFolder();
    written(folder.path, 30, { maxBytes: 2_000 });
    const last = JSON.parse(linesOf(path.join(folder.path, archives(folder.path).at(-1) ?? '')).at(-1) ?? '');
    writeFileSync(current(folder.path), 'nothing of ours\n');
    written(folder.path, 1);
    assert.equal(readFileSync(path.join(folder.path, 'audit.damaged'), 'utf8'), 'nothing of ours\n');
    const [first, second] = linesOf(current(folder.path)).map((line) => JSON.parse(line));
    assert.deepEqual([first.n, first.before, second.damaged], [last.n + 1, last.hash, true]);
    assert.match((await flaws(folder.path)).join(), /audit\.log:2: what was here before was no log/);
  });

  it('notices that its file was taken away: the chain goes on, and the gap is found', async () => {
    using folder = temporaryFolder();
    const log = logIn(folder.path);
    log.append({ at: AT, kind: 'request' });
    unlinkSync(current(folder.path));
    log.append({ at: AT, kind: 'request' });
    log.close();
    assert.ok(existsSync(current(folder.path)));
    assert.equal(JSON.parse(linesOf(current(folder.path))[1] ?? '').vanished, true);
    assert.equal(log.head?.count, 6);
    const { head, oldest } = await verifyLog(logLines(folder.path), undefined);
    assert.deepEqual([oldest, head], [4, { ...log.head }]);
    assert.deepEqual(await flaws(folder.path), [
      'audit.log:2: the file before was taken away while the agent wrote it',
    ]);
  });
});

describe('what was done to a log is found and named', () => {
  const cases: readonly {
    readonly name: string;
    readonly damage: (lines: string[]) => (string | undefined)[];
    readonly found: RegExp;
  }[] = [
    {
      name: 'a line edited',
      damage: (lines) => lines.map((line, at) => (at === 4 ? line.replace('c2', 'c9') : line)),
      found: /^audit\.log:5: was edited/,
    },
    {
      name: 'the last line edited',
      damage: (lines) => lines.map((line, at) => (at === 11 ? line.replace('c9', 'c8') : line)),
      found: /^audit\.log:12: was edited/,
    },
    {
      name: 'the first line edited',
      damage: ([first = '', ...rest]) => [first.replace('"oldest": 1', '"oldest": 0'), ...rest],
      found: /^audit\.log:1: was edited/,
    },
    {
      name: 'a line made unreadable',
      damage: (lines) => lines.map((line, at) => (at === 4 ? line.slice(1) : line)),
      found: /^audit\.log:5: is no record/,
    },
    {
      name: 'a line removed',
      damage: (lines) => lines.filter((_, at) => at !== 4),
      found: /^audit\.log:5: record 5 is missing: lines were removed/,
    },
    {
      name: 'lines removed',
      damage: (lines) => lines.filter((_, at) => at < 4 || at > 6),
      found: /^audit\.log:5: records 5 to 7 are missing: lines were removed/,
    },
    {
      name: 'two lines exchanged',
      damage: (lines) => lines.map((line, at) => lines[at === 4 ? 5 : at === 5 ? 4 : at] ?? line),
      found: /^audit\.log:6: record 5 stands after record 6/,
    },
    {
      name: 'a line twice',
      damage: (lines) => lines.flatMap((line, at) => (at === 4 ? [line, line] : [line])),
      found: /^audit\.log:6: record 5 stands after record 5/,
    },
    {
      name: 'a line of somebody else',
      damage: (lines) => lines.flatMap((line, at) => (at === 4 ? [line, 'hello'] : [line])),
      found: /^audit\.log:6: is no record/,
    },
    {
      name: 'the beginning removed',
      damage: (lines) => lines.slice(3),
      found: /^audit\.log:1: the beginning of this file is missing/,
    },
  ];
  for (const { name, damage, found } of cases) {
    it(name, async () => {
      using folder = temporaryFolder();
      written(folder.path, 10);
      assert.deepEqual(await flaws(folder.path), []);
      put(current(folder.path), damage(linesOf(current(folder.path))));
      const all = await flaws(folder.path);
      assert.equal(all.length, 1, all.join('\n'));
      assert.match(all[0] ?? '', found);
    });
  }

  it('a tail cut, with an anchor alone', async () => {
    using folder = temporaryFolder();
    const anchor = written(folder.path, 10);
    put(current(folder.path), linesOf(current(folder.path)).slice(0, -3));
    assert.deepEqual(await flaws(folder.path), []);
    assert.deepEqual(await flaws(folder.path, anchor), [
      'audit.log:undefined: the end is missing: records 10 to 12 are anchored and not there',
    ]);
  });

  it('a log that was written anew', async () => {
    using folder = temporaryFolder();
    const anchor = written(folder.path, 4);
    rmSync(current(folder.path));
    written(folder.path, 8, { name: 'other' });
    assert.deepEqual(await flaws(folder.path), []);
    assert.match((await flaws(folder.path, anchor)).join(), /^audit\.log:6: differs from the anchor/);
  });

  for (const [which, found] of [
    [0, /^audit\.log:1: records? \d+ .*missing: a file before the oldest is missing/],
    [1, /^audit\.log\.\d+:1: records \d+ to \d+ are missing: a file is missing before this one/],
    [2, /^audit\.log:1: records \d+ to \d+ are missing: a file is missing before this one/],
  ] as const) {
    it(`a rotated file missing: ${['the oldest', 'one in between', 'the latest'][which]}`, async () => {
      using folder = temporaryFolder();
      written(folder.path, 200, { maxBytes: 2_000, maxFiles: 4 });
      rmSync(path.join(folder.path, archives(folder.path)[which] ?? ''));
      const all = await flaws(folder.path);
      assert.equal(all.length, 1, all.join('\n'));
      assert.match(all[0] ?? '', found);
    });
  }

  it('the file that is written missing, with an anchor', async () => {
    using folder = temporaryFolder();
    const anchor = written(folder.path, 200, { maxBytes: 2_000, maxFiles: 4 });
    rmSync(current(folder.path));
    assert.match((await flaws(folder.path, anchor)).join(), /the end is missing: records? \d+/);
  });

  it('an anchor of records that were rotated away is no flaw', async () => {
    using folder = temporaryFolder();
    const anchor = written(folder.path, 2);
    written(folder.path, 200, { maxBytes: 2_000, maxFiles: 2 });
    const { flaws: found, notes } = await verifyLog(logLines(folder.path), anchor);
    assert.deepEqual(found, []);
    assert.match(notes.join(), /rotated away/);
  });
});
