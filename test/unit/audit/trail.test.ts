import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import type { JsonObject, JsonValue } from '#shared/json/value.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import type { Rule } from '#system-agent/audit/audit.ts';
import { AuditedDoor } from '#system-agent/audit/door.ts';
import { LogFile } from '#system-agent/audit/log-file.ts';
import { AuditTrail, type OnFailure } from '#system-agent/audit/trail.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const RULES: Readonly<Record<string, Rule>> = {
  run: { weight: 'change', args: { path: 'text', arg: 'digest' }, result: ['pid'] },
  look: { weight: 'access', args: { path: 'text', list: 'texts', flag: 'flag' } },
  read: { weight: 'access', args: { handle: 'number' }, oncePer: ['handle'] },
  send: { weight: 'change', args: { name: 'text' }, perMinute: 60 },
  thaw: { weight: 'change', always: true, result: 'value' },
};
const run = { name: 'run', readOnly: false };
const look = { name: 'look', readOnly: true };
const ping = { name: 'ping', readOnly: true };
const other = { name: 'other', readOnly: false };
const args = (members: Readonly<Record<string, JsonValue>> = {}): JsonObject => new Map(Object.entries(members));

function trailIn(folder: string, onFailure: OnFailure = 'continue') {
  const log = new MemoryLog();
  const file = new LogFile({ folder, maxBytes: 1 << 20, maxFiles: 4, writer: {} });
  const trail = new AuditTrail(file, onFailure, log);
  return { trail, log, door: new AuditedDoor(trail, 'qga', RULES) };
}

type Row = Readonly<Record<string, unknown>>;
/** Records but those of the log about itself. */
function records(folder: string): Row[] {
  const text = readFileSync(path.join(folder, 'audit.log'), 'utf8').trimEnd();
  const rows = text.split('\n').map((line) => JSON.parse(line) as Row);
  return rows.filter(({ kind }) => kind !== 'head' && kind !== 'opened').map(({ at, hash, ...row }) => row);
}

describe('what is recorded', () => {
  it('a request before its effect, and its end by reference', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    door.connected();
    const entry = door.before(
      run,
      args({ path: '/bin/x', arg: ['a', 'secret'], 'input-data': 'c2VjcmV0', env: ['S=secret'] }),
    );
    assert.deepEqual(records(folder.path), [
      {
        n: 3,
        kind: 'request',
        door: 'qga',
        connection: 1,
        command: 'run',
        args: {
          path: '/bin/x',
          arg: { count: 2, sha256: '5c82dee8aea87a816c24e20ec75f67535d9841a2ab5de3994648d25b462fbf6d' },
        },
      },
    ]);
    door.after(entry, { result: { pid: 7, out: 'secret' } });
    assert.deepEqual(records(folder.path)[1], { n: 4, kind: 'outcome', of: 3, ok: true, result: { pid: 7 } });
    await trail.stop();
  });

  it('of a failure its kind and not its words', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    const cause = Object.assign(new Error('secret'), { code: 'ENOENT' });
    door.after(door.before(run, args()), { error: new AgentError('failed', 'secret', { cause }) });
    door.after(door.before(run, args()), { error: new Error('secret') });
    const errors = records(folder.path).flatMap(({ error }) => error ?? []);
    assert.deepEqual(errors, ['failed, ENOENT', 'bug']);
    await trail.stop();
  });

  it('a change without a rule, but none of its arguments', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    door.before(other, args({ password: 'secret' }));
    assert.deepEqual(records(folder.path)[0]?.args, {});
    await trail.stop();
  });

  it('long texts and lists are cut, and what is no value is left out', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    door.before(look, args({ path: 'x'.repeat(100_000) }));
    door.before(look, args({ list: Array.from({ length: 1000 }, () => 'y'.repeat(1000)) }));
    door.before(look, args({ path: args({ deep: 'secret' }), list: 'secret', flag: 'secret' }));
    door.before(look, args({ list: [args({ deep: 'secret' })] }));
    const text = readFileSync(path.join(folder.path, 'audit.log'), 'utf8');
    assert.ok(text.length < 12_000, `${text.length}`);
    assert.match(text, /"count": 1000/);
    assert.doesNotMatch(text, /secret/);
    await trail.stop();
  });

  it('polls only as counts, when the agent stops at the latest', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    for (let i = 0; i < 1000; i++) assert.equal(door.before(ping, args()), undefined);
    door.unknown();
    assert.deepEqual(records(folder.path), []);
    await trail.stop();
    assert.deepEqual(records(folder.path)[0]?.counts, { 'qga ping': 1000, 'qga unknown commands': 1 });
  });

  it('of many alike the first, and how many followed', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    for (let i = 0; i < 10; i++) door.before({ name: 'read', readOnly: false }, args({ handle: 5n }));
    door.before({ name: 'read', readOnly: false }, args({ handle: 6n }));
    for (let i = 0; i < 10; i++) door.denied('run', 'the command is not allowed');
    door.denied('run', 'the agent is in frozen state');
    await trail.stop();
    assert.deepEqual(
      records(folder.path).map(({ kind, args, reason, counts }) => [kind, args ?? reason ?? counts]),
      [
        ['request', { handle: 5 }],
        ['request', { handle: 6 }],
        ['denied', 'the command is not allowed'],
        ['denied', 'the agent is in frozen state'],
        ['counts', { 'qga read handle=5': 9, 'qga run denied': 9 }],
      ],
    );
  });

  it('so many a minute of what is flooded, and how many followed: the log stays as it was', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    const send = { name: 'send', readOnly: false };
    for (let file = 0; file < 1000; file++)
      door.after(door.before(send, args({ name: `file ${file}` })), { error: new AgentError('cancelled', '') });
    door.before(run, args());
    await trail.stop();
    const rows = records(folder.path);
    assert.equal(rows.filter(({ command }) => command === 'send').length, 60);
    assert.equal(rows.filter(({ kind }) => kind === 'outcome').length, 60);
    assert.equal(rows.filter(({ command }) => command === 'run').length, 1);
    assert.deepEqual(rows.at(-1)?.counts, { 'qga send, beyond 60 a minute': 940 });
  });

  it('many kinds take no more memory', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    for (let handle = 0; handle < 1000; handle++)
      door.before({ name: 'read', readOnly: false }, args({ handle: BigInt(handle) }));
    await trail.stop();
    assert.equal(records(folder.path).length, 1000);
  });
});

describe('while file systems are frozen', () => {
  it('nothing is written; all of it is after the thaw, in order, with its references', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    const entry = door.before(run, args());
    trail.shut();
    door.after(entry, { result: {} });
    const thaw = door.before({ name: 'thaw', readOnly: false }, args());
    assert.equal(records(folder.path).length, 1);
    assert.deepEqual([trail.describe().state, trail.head().waiting, trail.head().count], ['held', 2, 3]);
    trail.open();
    door.after(thaw, { result: 2 });
    assert.deepEqual(
      records(folder.path).map(({ n, kind, of }) => [n, kind, of]),
      [
        [3, 'request', undefined],
        [4, 'outcome', 3],
        [5, 'request', undefined],
        [6, 'outcome', 5],
      ],
    );
    assert.deepEqual(trail.head().waiting, 0);
    await trail.stop();
  });

  it('no more waits than there is room for, and what was lost is said', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    trail.shut();
    for (let i = 0; i < 2_500; i++) door.before(run, args());
    trail.open();
    const all = records(folder.path);
    assert.equal(all.length, 2_001);
    assert.deepEqual(all.at(-1), { n: 2_003, kind: 'lost', records: 500 });
    await trail.stop();
  });

  it('a log that was never opened is not, until the thaw', async () => {
    using folder = temporaryFolder();
    const place = path.join(folder.path, 'audit');
    const { trail, door } = trailIn(place);
    trail.shut();
    await trail.start();
    door.before(run, args());
    assert.equal(existsSync(place), false);
    trail.open();
    assert.equal(records(place).length, 1);
    await trail.stop();
  });

  it('a stop writes nothing, a thaw after it what has waited', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path);
    await trail.start();
    door.before(ping, args());
    trail.shut();
    door.before(run, args());
    await trail.stop();
    assert.equal(records(folder.path).length, 0);
    trail.open();
    assert.deepEqual(
      records(folder.path).map(({ kind }) => kind),
      ['request', 'counts'],
    );
    await trail.stop();
  });

  it('nothing is refused for want of a disk', async () => {
    using folder = temporaryFolder();
    const { trail, door } = trailIn(folder.path, 'deny');
    await trail.start();
    trail.shut();
    assert.doesNotThrow(() => door.before(run, args()));
    trail.open();
    await trail.stop();
  });
});

describe('a log that cannot be written', () => {
  /** A file is where the folder should be: root cannot write there either. */
  function without(folder: string, onFailure: OnFailure) {
    const place = path.join(folder, 'audit');
    writeFileSync(place, '');
    return { place, ...trailIn(place, onFailure) };
  }

  it('continue: hosts are served, and one line says so', async () => {
    using folder = temporaryFolder();
    const { trail, log, door } = without(folder.path, 'continue');
    const alarms: string[] = [];
    trail.onFailed((reason) => alarms.push(reason));
    await trail.start();
    for (let i = 0; i < 10; i++) door.after(door.before(run, args()), { result: {} });
    assert.equal(log.lines.filter(({ level }) => level === 'error').length, 1);
    assert.deepEqual(alarms, [trail.describe().why]);
    assert.equal(trail.describe().state, 'failing');
    assert.match(trail.describe().why ?? '', /EEXIST|ENOTDIR/);
    assert.throws(() => trail.head(), { name: 'AgentError', code: 'failed' });
    await trail.stop();
  });

  it('deny: what would be recorded is refused, but not polls, and never a thaw', async () => {
    using folder = temporaryFolder();
    const { trail, door } = without(folder.path, 'deny');
    await trail.start();
    assert.throws(() => door.before(run, args()), { name: 'AgentError', code: 'refused' });
    assert.throws(() => door.before(look, args()), { code: 'refused' });
    assert.doesNotThrow(() => door.before(ping, args()));
    assert.doesNotThrow(() => door.before({ name: 'thaw', readOnly: false }, args()));
    await trail.stop();
  });

  it('what waited is written once it can be, also what was refused', async () => {
    using folder = temporaryFolder();
    const { place, trail, log, door } = without(folder.path, 'deny');
    await trail.start();
    assert.throws(() => door.before(run, args()));
    rmSync(place);
    await until(() => {
      try {
        door.before(look, args());
        return true;
      } catch {
        return false;
      }
    });
    const kinds = records(place).map(({ kind, error }) => [kind, error]);
    assert.deepEqual(kinds.slice(0, 2), [
      ['request', undefined],
      ['outcome', 'refused'],
    ]);
    assert.deepEqual(trail.describe().state, 'writing');
    assert.ok(log.lines.some(({ message }) => message === 'the audit is written again'));
    await trail.stop();
  });

  it('a folder that goes and comes back costs nothing but the wait', async () => {
    using folder = temporaryFolder();
    const place = path.join(folder.path, 'audit');
    const { trail, door } = trailIn(place);
    await trail.start();
    door.before(run, args());
    renameSync(place, `${place}.away`);
    writeFileSync(place, '');
    trail.record(() => ({ kind: 'x' })); // before it is looked for
    rmSync(place);
    mkdirSync(place);
    await until(() => {
      door.before(run, args());
      return existsSync(path.join(place, 'audit.log')) && records(place).length > 0;
    });
    await trail.stop();
  });
});
