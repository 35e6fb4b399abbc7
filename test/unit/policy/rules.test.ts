import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '#shared/json/value.ts';
import type { Door } from '#system-agent/policy/classes.ts';
import { PolicyEngine } from '#system-agent/policy/engine.ts';
import { parsePolicy } from '#system-agent/policy/parse.ts';

const args = (members: Readonly<Record<string, JsonValue>>): JsonObject => new Map(Object.entries(members));

function engineOf(text: string, now: () => number = () => 0): PolicyEngine {
  const { policy, problems } = parsePolicy(text, 'p');
  assert.deepEqual(problems, []);
  return new PolicyEngine(policy, now);
}

function ruleOf(
  engine: PolicyEngine,
  command: string,
  members: Readonly<Record<string, JsonValue>>,
  door: Door = 'qga',
) {
  const decision = engine.decide(door, command, args(members));
  return decision.allowed ? undefined : decision.rule;
}

describe('rules', () => {
  it('one that denies wins over one that allows, wherever they stand', () => {
    for (const text of [
      '[deny a]\ncommand=guest-ping\n[allow b]\ncommand=guest-ping\n',
      '[allow b]\ncommand=guest-ping\n[deny a]\ncommand=guest-ping\n',
    ]) {
      assert.match(ruleOf(engineOf(text), 'guest-ping', {}) ?? '', /^\[deny a\] \(p:\d\)$/);
    }
  });

  it('one that allows under a condition takes the command from the profile', () => {
    const engine = engineOf('[policy]\nprofile=full\n[allow srv]\nclass=files\npath=/srv\n');
    assert.equal(ruleOf(engine, 'guest-file-open', { path: '/srv/a' }), undefined);
    assert.equal(ruleOf(engine, 'guest-file-open', { path: '/etc/a' }), 'the path is not allowed: [allow srv] (p:3)');
    assert.equal(ruleOf(engine, 'guest-file-read', { handle: 1n }), undefined, 'which has no path');
    assert.equal(ruleOf(engine, 'guest-exec', { path: '/bin/sh' }), undefined, 'which no rule is about');
    assert.deepEqual(engine.enabled('qga', 'guest-file-open'), { allowed: true });
  });

  it('are for the doors that they name', () => {
    const engine = engineOf('[deny a]\nclass=power\ndoor=ovirt\n');
    assert.equal(ruleOf(engine, 'guest-shutdown', {}), undefined);
    assert.equal(ruleOf(engine, 'shutdown', {}, 'ovirt'), '[deny a] (p:1)');
  });

  it('the first that fits allows; when none does, three say why', () => {
    const rules = ['/a', '/b', '/c', '/d'].map((path, n) => `[allow r${n}]\ncommand=guest-file-open\npath=${path}\n`);
    const engine = engineOf(rules.join(''));
    assert.equal(ruleOf(engine, 'guest-file-open', { path: '/d/x' }), undefined);
    assert.equal(
      ruleOf(engine, 'guest-file-open', { path: '/e' }),
      'the path is not allowed: [allow r0] (p:1); the path is not allowed: [allow r1] (p:4); the path is not allowed: [allow r2] (p:7)',
    );
  });
});

describe('conditions', () => {
  const files = engineOf(
    '[allow read]\ncommand=guest-file-open\npath=/srv/data\npath=/etc/one\nmode=read\n' +
      '[allow write]\ncommand=guest-file-open\npath=/srv/in\n',
  );
  for (const [path, mode, isAllowed] of [
    ['/srv/data/x', 'r', true],
    ['/srv/data/x/y z', undefined, true],
    ['/srv/data', 'r', true],
    ['/etc/one', 'rb', true],
    ['/srv/in/x', 'w', true],
    ['/srv/in/x', 'r', true],
    ['/srv/data/x', 'r+', false],
    ['/srv/data/x', 'a', false],
    ['/srv/data/x', 'nonsense', false],
    ['/srv/data/x', 7n, false],
    ['/srv/database', 'r', false],
    ['/srv/data/', 'r', false],
    ['/srv/data/../x', 'r', false],
    ['/srv/data/./x', 'r', false],
    ['/srv/data//x', 'r', false],
    ['/etc/one/x', 'r', true],
    ['/etc/onetwo', 'r', false],
    ['srv/data/x', 'r', false],
    ['', 'r', false],
    ['/srv/data/\0', 'r', false],
    ['/proc/self/root/srv/data/x', 'r', false],
    [undefined, 'r', false],
    [7n, 'r', false],
  ] as const) {
    it(`path ${JSON.stringify(String(path))} mode ${mode}: ${isAllowed ? 'allowed' : 'denied'}`, () => {
      const members = { ...(path === undefined ? {} : { path }), ...(mode === undefined ? {} : { mode }) };
      assert.equal(ruleOf(files, 'guest-file-open', members) === undefined, isAllowed);
    });
  }

  it('tell the port where the file must be', () => {
    assert.deepEqual(files.placesFor('/srv/data/x', false), { places: ['/srv/data'], rule: '[allow read] (p:1)' });
    assert.deepEqual(files.placesFor('/srv/data/x', true)?.places, []);
    assert.deepEqual(files.placesFor('/srv/in/x', true)?.places, ['/srv/in']);
    assert.deepEqual(files.placesFor('/etc/shadow', false), {
      places: [],
      rule: '[allow read] (p:1) or [allow write] (p:6)',
    });
    assert.equal(engineOf('').placesFor('/etc/shadow', true), undefined);
    assert.deepEqual(engineOf('[policy]\nprofile=observe\n').placesFor('/x', false)?.places, []);
    const anywhere = engineOf('[allow a]\ncommand=guest-file-open\nmode=read\n');
    assert.equal(anywhere.placesFor('/x', false), undefined);
    assert.deepEqual(anywhere.placesFor('/x', true)?.places, []);
  });

  it('a program is one of the list or in one of its folders, and gets no environment from the host', () => {
    const engine = engineOf('[allow p]\ncommand=guest-exec\nprogram=/usr/bin/id\nprogram=/usr/lib/backup/\n');
    assert.equal(ruleOf(engine, 'guest-exec', { path: '/usr/bin/id', arg: ['-u'] }), undefined);
    assert.equal(ruleOf(engine, 'guest-exec', { path: '/usr/lib/backup/run' }), undefined);
    for (const path of ['id', '/usr/bin/idx', '/usr/bin/../bin/id', '/usr/lib/backup', '/usr/lib/backup/../x', '']) {
      assert.match(ruleOf(engine, 'guest-exec', { path }) ?? '', /^the program is not allowed/, path);
    }
    assert.match(ruleOf(engine, 'guest-exec', {}) ?? '', /^the program is not allowed/);
    assert.match(
      ruleOf(engine, 'guest-exec', { path: '/usr/bin/id', env: ['LD_PRELOAD=/tmp/x.so'] }) ?? '',
      /^the program's environment may not be set/,
    );
    assert.equal(engine.isNamedProgram('/usr/bin/id'), true);
    assert.equal(engine.isNamedProgram('/bin/sh'), false);
    assert.equal(engineOf('').isNamedProgram('/usr/bin/id'), false);
  });

  it('users, of both doors that name them', () => {
    const engine = engineOf('[allow u]\nclass=accounts,login\nuser=alice\nuser=bob smith\n');
    assert.equal(ruleOf(engine, 'guest-set-user-password', { username: 'alice' }), undefined);
    assert.equal(ruleOf(engine, 'guest-ssh-get-authorized-keys', { username: 'bob smith' }), undefined);
    assert.equal(ruleOf(engine, 'login', { username: 'alice' }, 'ovirt'), undefined);
    for (const username of ['root', 'alice ', '', 'ALICE']) {
      assert.match(ruleOf(engine, 'guest-set-user-password', { username }) ?? '', /^the user is not allowed/);
      assert.match(ruleOf(engine, 'login', { username }, 'ovirt') ?? '', /^the user is not allowed/);
    }
    assert.match(ruleOf(engine, 'guest-set-user-password', {}) ?? '', /^the user is not allowed/);
  });

  it('sizes of one request, to the byte', () => {
    const engine = engineOf('[allow s]\ncommand=guest-file-read,guest-file-write,guest-exec\nmax-size=4K\n');
    assert.equal(ruleOf(engine, 'guest-file-read', { handle: 1n }), undefined);
    assert.equal(ruleOf(engine, 'guest-file-read', { handle: 1n, count: 4096n }), undefined);
    assert.equal(ruleOf(engine, 'guest-file-read', { count: 4097n }), 'more than 4096 bytes: [allow s] (p:1)');
    assert.match(ruleOf(engine, 'guest-file-read', { count: '1' }) ?? '', /^more than 4096/);
    assert.equal(ruleOf(engine, 'guest-file-write', { 'buf-b64': 'AAAA'.repeat(1365) }), undefined);
    assert.match(ruleOf(engine, 'guest-file-write', { 'buf-b64': 'AAAA'.repeat(1366) }) ?? '', /^more than/);
    assert.match(ruleOf(engine, 'guest-file-write', {}) ?? '', /^more than/);
    assert.equal(ruleOf(engine, 'guest-exec', { path: '/x' }), undefined);
    assert.match(ruleOf(engine, 'guest-exec', { 'input-data': 'AAAA'.repeat(1366) }) ?? '', /^more than/);
  });
});

describe('rates', () => {
  it('a flood gets what the bucket holds, then what flows in', () => {
    let now = 0;
    const engine = engineOf('[allow r]\ncommand=guest-ping\nrate=10/s\n', () => now);
    const flood = () =>
      Array.from({ length: 1000 }, () => ruleOf(engine, 'guest-ping', {})).filter((rule) => rule === undefined).length;
    assert.equal(flood(), 10);
    assert.equal(ruleOf(engine, 'guest-ping', {}), 'more than 10/s: [allow r] (p:1)');
    now += 500;
    assert.equal(flood(), 5);
    now += 3_600_000;
    assert.equal(flood(), 10, 'the bucket does not grow');
    assert.deepEqual(
      engine.enabled('qga', 'guest-ping'),
      { allowed: true },
      'asking whether it is enabled costs nothing',
    );
  });

  it('the commands of a rule share it, and a request that does not fit costs nothing', () => {
    const engine = engineOf('[allow r]\ncommand=guest-file-open, guest-ping\npath=/srv\nrate=2/d\n');
    assert.match(ruleOf(engine, 'guest-file-open', { path: '/etc/x' }) ?? '', /^the path/);
    assert.equal(ruleOf(engine, 'guest-file-open', { path: '/srv/x' }), undefined);
    assert.equal(ruleOf(engine, 'guest-ping', {}), undefined);
    assert.match(ruleOf(engine, 'guest-ping', {}) ?? '', /^more than 2\/d/);
  });
});
