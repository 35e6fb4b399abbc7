import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { Call, Value } from '#shared/dbus/values.ts';
import { AgentError } from '#shared/errors.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { MANAGER_PATH, SEAT, SERVICE, SESSION } from '#system-agent/sessions/login1.ts';
import type { Session, SessionsSnapshot } from '#system-agent/sessions/sessions.ts';
import { sessionsOf } from '#system-agent/sessions/utmp.ts';
import { SessionsWatch } from '#system-agent/sessions/watch.ts';
import { FakeBus } from '#test/fakes/bus.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { session } from '#test/support/sessions.ts';
import { until } from '#test/support/until.ts';

const PROPERTIES = 'org.freedesktop.DBus.Properties';
const MANAGER = 'org.freedesktop.login1.Manager';
const objectOf = (id: string) => `${MANAGER_PATH}/session/_3${id}`;

function properties(one: Session): Map<string, Value> {
  const seat = one.seat ?? '';
  return new Map<string, Value>([
    ['Id', one.id],
    ['User', [one.uid, `${MANAGER_PATH}/user/_${one.uid}`]],
    ['Name', one.user],
    ['Class', one.class],
    ['Type', one.type],
    ['Seat', [seat, seat === '' ? '/' : `${MANAGER_PATH}/seat/${seat}`]],
    ['Active', one.active],
    ['LockedHint', one.locked],
    ['State', one.state],
    ['TimestampMonotonic', 42n],
  ]);
}

/** logind as far as it is asked, in this process. */
class Lab implements AsyncDisposable {
  readonly bus = new FakeBus();
  readonly log = new MemoryLog();
  readonly sessions = new Map<string, Session>();
  readonly folder = temporaryFolder();
  readonly records = path.join(this.folder.path, 'utmp');
  readonly watch = new SessionsWatch(
    this.bus,
    { records: this.records, passwords: path.join(this.folder.path, 'passwd'), isAlive: () => true },
    this.log,
  );
  readonly seen: SessionsSnapshot[] = [];

  constructor(...sessions: Session[]) {
    for (const one of sessions) this.sessions.set(objectOf(one.id), one);
    this.bus.answer = (call) => this.answer(call);
    this.watch.onChange((now) => this.seen.push(now));
  }

  answer(call: Call): readonly Value[] {
    if (call.member === 'ListSessions') {
      return [Array.from(this.sessions, ([object, one]) => [one.id, one.uid, one.user, one.seat ?? '', object])];
    }
    const one = this.sessions.get(call.path);
    if (one === undefined) throw new AgentError('not-found', 'UnknownObject');
    return [properties(one)];
  }

  set(one: Session, signal = true): void {
    this.sessions.set(objectOf(one.id), one);
    if (signal)
      this.bus.emit(SERVICE, objectOf(one.id), PROPERTIES, 'PropertiesChanged', SESSION, new Map(), ['Active']);
  }

  add(one: Session): void {
    this.sessions.set(objectOf(one.id), one);
    this.bus.emit(SERVICE, MANAGER_PATH, MANAGER, 'SessionNew', one.id, objectOf(one.id));
  }

  remove(id: string): void {
    this.sessions.delete(objectOf(id));
    this.bus.emit(SERVICE, MANAGER_PATH, MANAGER, 'SessionRemoved', id, objectOf(id));
  }

  async start(): Promise<this> {
    this.bus.setOwner(SERVICE, ':1.1');
    await this.watch.start();
    await this.shows(...this.sessions.values());
    return this;
  }

  async shows(...sessions: Session[]): Promise<void> {
    const wanted = JSON.stringify({ sessions, source: 'logind' });
    await until(() => JSON.stringify(this.watch.snapshot) === wanted, wanted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watch.stop();
    assert.equal(this.bus.subscriptions, 0, 'subscriptions are left');
    this.folder[Symbol.dispose]();
  }
}

const alice = session('1');
const bob = session('2', { uid: 1001, user: 'bob', active: false, seat: undefined });

describe('the sessions of logind', () => {
  it('are read at the start and followed by signals', async () => {
    await using lab = await new Lab(alice).start();
    lab.add(bob);
    await lab.shows(alice, bob);
    lab.set({ ...alice, locked: true });
    await lab.shows({ ...alice, locked: true }, bob);
    lab.remove('1');
    await lab.shows(bob);
  });

  it('are read again when their seat changes', async () => {
    await using lab = await new Lab(alice, bob).start();
    lab.set({ ...alice, active: false }, false);
    lab.bus.emit(SERVICE, `${MANAGER_PATH}/seat/seat0`, PROPERTIES, 'PropertiesChanged', SEAT, new Map(), []);
    await lab.shows({ ...alice, active: false }, bob);
  });

  it('that vanish between signal and question are no error', async () => {
    await using lab = await new Lab(alice).start();
    lab.bus.emit(SERVICE, MANAGER_PATH, MANAGER, 'SessionNew', '7', objectOf('7'));
    lab.set({ ...alice, locked: true });
    await lab.shows({ ...alice, locked: true });
    lab.sessions.clear();
    lab.bus.emit(SERVICE, objectOf('1'), PROPERTIES, 'PropertiesChanged', SESSION, new Map(), []);
    await lab.shows();
    assert.deepEqual(lab.log.lines, []);
  });

  it('are asked once more, and not more, for any number of signals during a question', async () => {
    await using lab = await new Lab(alice).start();
    const before = lab.bus.calls.length;
    for (let count = 0; count < 100; count++) lab.set({ ...alice, locked: count % 2 === 0 });
    lab.set({ ...alice, user: 'last' });
    await lab.shows({ ...alice, user: 'last' });
    assert.equal(lab.bus.calls.length - before, 2);
  });

  it('stay within a bound, with a word in the log', async () => {
    const many = Array.from({ length: 300 }, (_, index) => session(String(index), { active: false }));
    await using lab = new Lab(...many);
    lab.bus.setOwner(SERVICE, ':1.1');
    await lab.watch.start();
    await until(() => lab.watch.snapshot.sessions.length > 0);
    assert.equal(lab.watch.snapshot.sessions.length, 256);
    assert.ok(lab.log.lines.some(({ message }) => message.startsWith('too many sessions')));
  });

  it('with a malformed description are left out, until it is right again', async () => {
    await using lab = await new Lab(alice, bob).start();
    lab.set({ ...bob, user: 'x'.repeat(5000) });
    await lab.shows(alice);
    lab.set(bob);
    await lab.shows(alice, bob);
  });

  it('survive a restart of logind without a moment of nobody', async () => {
    await using lab = await new Lab(alice).start();
    lab.bus.setOwner(SERVICE, undefined);
    lab.sessions.set(objectOf('2'), bob);
    lab.bus.setOwner(SERVICE, ':1.2');
    await lab.shows(alice, bob);
    assert.deepEqual(
      lab.seen.map(({ sessions }) => sessions.map(({ id }) => id).join()),
      ['1', '1,2'],
    );
  });

  it('are those of the present owner: an answer to an earlier one is thrown away', async () => {
    await using lab = await new Lab(alice).start();
    const late: ((body: readonly Value[]) => void)[] = [];
    lab.bus.answer = (call) =>
      call.member === 'ListSessions' ? new Promise((resolve) => late.push(resolve)) : lab.answer(call);
    lab.bus.setOwner(SERVICE, ':1.2');
    lab.bus.setOwner(SERVICE, ':1.3');
    late[1]?.([[[bob.id, 1001, 'bob', '', objectOf('2')]]]);
    lab.sessions.set(objectOf('2'), bob);
    late[0]?.([[[alice.id, 1000, 'alice', 'seat0', objectOf('1')]]]);
    await lab.shows(bob);
  });

  it('fall back to login records when logind answers nonsense, and are asked for again', async () => {
    await using lab = await new Lab(alice).start();
    let answers = 0;
    lab.bus.answer = (call) => (call.member === 'ListSessions' && answers++ === 0 ? ['nonsense'] : lab.answer(call));
    lab.bus.setOwner(SERVICE, ':1.2');
    await until(() => answers >= 2);
    await lab.shows(alice);
    assert.ok(lab.log.lines.some(({ message }) => message === 'logind does not tell its sessions'));
  });
});

/** A record of utmp(5) as this architecture writes it. */
function record(user: string, line: string, host = '', pid = 1): Buffer {
  const wide = process.arch === 'arm64';
  const bytes = Buffer.alloc(wide ? 400 : 384);
  bytes.writeInt16LE(7, 0);
  bytes.writeInt32LE(pid, 4);
  bytes.write(line, 8);
  bytes.write(user, 44);
  bytes.write(host, 76);
  return bytes;
}

describe('without logind', () => {
  it('the sessions come from the login records, followed as they change, and the log says so once', async () => {
    await using lab = new Lab();
    writeFileSync(lab.records, record('root', 'tty1'));
    writeFileSync(path.join(lab.folder.path, 'passwd'), 'root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n');
    await lab.watch.start();
    await until(() => lab.watch.snapshot.source === 'utmp');
    assert.deepEqual(
      lab.watch.snapshot.sessions.map(({ id, uid }) => `${id} ${uid}`),
      ['tty1 0'],
    );
    appendFileSync(lab.records, record('alice', ':0'));
    await until(() => lab.watch.snapshot.sessions.length === 2);
    lab.bus.setConnected(false);
    const said = lab.log.lines.filter(({ message }) => message === 'sessions from login records, no lock state');
    assert.equal(said.length, 1);
  });

  it('and without login records nobody is known', async () => {
    await using lab = new Lab();
    await lab.watch.start();
    await until(() => lab.log.lines.length > 0);
    assert.deepEqual(lab.watch.snapshot, { sessions: [], source: 'none' });
  });

  it('logind takes over when it comes', async () => {
    await using lab = new Lab(alice);
    writeFileSync(lab.records, record('root', 'tty1'));
    await lab.watch.start();
    await until(() => lab.watch.snapshot.source === 'utmp');
    lab.bus.setOwner(SERVICE, ':1.1');
    await lab.shows(alice);
    appendFileSync(lab.records, record('root', 'tty2'));
    lab.set({ ...alice, locked: true });
    await lab.shows({ ...alice, locked: true });
  });

  it('a display makes a desktop of a login, a host name none', () => {
    const made = sessionsOf(
      [
        { user: 'alice', pid: 1, line: 'tty2', host: ':0', time: 0 },
        { user: 'bob', pid: 1, line: 'pts/0', host: 'desk.example:0', time: 0 },
        { user: '+', pid: 1, line: ':1', host: '', time: 0 },
      ],
      'alice:x:1000:1000::/:\n+::::::\nbob\n',
    );
    assert.deepEqual(
      made.map(({ id, uid, type, seat, active }) => [id, uid, type, seat, active]),
      [
        ['tty2', 1000, 'x11', 'seat0', true],
        ['pts/0', 0xffff_ffff, 'tty', undefined, false],
        [':1', 0xffff_ffff, 'x11', 'seat0', true],
      ],
    );
  });
});
