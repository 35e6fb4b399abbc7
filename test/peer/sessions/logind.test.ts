import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BusClient } from '#shared/dbus/client.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { SessionDirector } from '#system-agent/sessions/director.ts';
import { MANAGER_PATH, SERVICE } from '#system-agent/sessions/login1.ts';
import type { Session } from '#system-agent/sessions/sessions.ts';
import { SessionsWatch } from '#system-agent/sessions/watch.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { MockLogind, NativeLogind, type PlayedLogind, type StartLogind } from '#test/support/dbus/logind.ts';
import { without } from '#test/support/programs.ts';
import { greeter, session } from '#test/support/sessions.ts';
import { until } from '#test/support/until.ts';

const noDaemon = without('dbus-daemon');
const MOCK = '/usr/lib/python3/dist-packages/dbusmock/__main__.py';
const PLAYERS: readonly { readonly name: string; readonly start: StartLogind; readonly skip: string | false }[] = [
  { name: 'of an independent D-Bus', start: NativeLogind.start, skip: noDaemon },
  {
    name: 'of python-dbusmock',
    start: MockLogind.start,
    skip: noDaemon || (existsSync(MOCK) ? false : 'python3-dbusmock is not installed'),
  },
];

/** The real client, watch and machine on a bus of the test's own, without login records. */
class Agent implements AsyncDisposable {
  readonly log = new MemoryLog();
  readonly bus: BusClient;
  readonly watch: SessionsWatch;
  readonly director: SessionDirector;
  readonly words: string[] = [];

  constructor(bus: PrivateBus) {
    this.bus = new BusClient([bus.socket], this.log);
    const files = { records: '/nonexistent/utmp', passwords: '/nonexistent/passwd', isAlive: () => true };
    this.watch = new SessionsWatch(this.bus, files, this.log);
    this.director = new SessionDirector(this.watch, this.log);
    this.director.onWord((word) =>
      this.words.push(word.word === 'active-user' ? `user=${word.name}` : word.word.replace('session-', '')),
    );
  }

  async start(): Promise<void> {
    for (const service of [this.bus, this.watch, this.director]) await service.start();
  }

  get served(): string {
    const { served } = this.director;
    return served === undefined ? 'nobody' : `${served.session.id}${served.clipboard && served.files ? ' open' : ''}`;
  }

  async shows(sessions: readonly Session[], served: string): Promise<void> {
    const wanted = JSON.stringify(sorted(sessions));
    const shown = () => JSON.stringify(sorted(this.watch.snapshot.sessions));
    await until(() => shown() === wanted && this.watch.snapshot.source === 'logind', `${wanted}, not ${shown()}`);
    await until(() => this.served === served, `${served} served, not ${this.served}`);
  }

  async says(...words: string[]): Promise<void> {
    await until(() => this.words.length >= words.length, `${words}, not ${this.words}`);
    assert.deepEqual(this.words.splice(0), words);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of [this.director, this.watch, this.bus]) await service.stop();
  }
}

function sorted(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort((a, b) => (a.id < b.id ? -1 : 1));
}

const desk = greeter('c1');
const alice = session('2', { service: 'gdm-password' });
const bob = session('3', { uid: 1001, user: 'bob' });
const away = (one: Session): Session => ({ ...one, active: false, state: 'online' });
const locked = (one: Session): Session => ({ ...one, locked: true });

/** A day at a desk: what logind shows, who is served then, what an oVirt host hears. */
const DAY: readonly [what: string, sessions: readonly Session[], served: string, words: readonly string[]][] = [
  ['the greeter is up', [desk], 'c1', []],
  ['alice logs in', [away(desk), alice], '2 open', ['user=alice', 'logon']],
  ['the greeter ends', [alice], '2 open', []],
  ['she locks', [locked(alice)], '2', ['lock']],
  ['she unlocks', [alice], '2 open', ['unlock']],
  ['she lets bob in', [away(locked(alice)), desk], 'c1', ['lock']],
  ['bob logs in', [away(locked(alice)), away(desk), bob], '3 open', ['user=bob', 'logon']],
  ['nobody is in the foreground for a moment', [away(locked(alice)), away(bob)], 'nobody', []],
  ['back to alice, who unlocks', [alice, away(bob)], '2 open', ['user=alice', 'logon']],
  ['bob is thrown out', [alice], '2 open', []],
  ['alice logs out', [{ ...away(alice), state: 'closing' }], 'nobody', ['logoff', 'user=']],
  ['all is over', [], 'nobody', []],
];

for (const { name, start, skip } of PLAYERS) {
  describe(`with a logind ${name}`, { skip }, () => {
    it('every change of a day is followed', async () => {
      await using bus = await new PrivateBus().start();
      await using logind = await start(bus);
      await using agent = new Agent(bus);
      await agent.start();
      await agent.says('logoff', 'user=');
      for (const [what, sessions, served, words] of DAY) {
        await logind.show(sessions);
        await agent.shows(sessions, served);
        await agent.says(...words).catch((error: unknown) => assert.fail(`${what}: ${error}`));
      }
      const complaints = agent.log.lines.filter(({ level }) => level === 'warn' || level === 'error');
      assert.deepEqual(complaints, []);
    });

    it('the same is true after logind has been replaced, or the whole bus', async () => {
      await using bus = await new PrivateBus().start();
      let logind: PlayedLogind = await start(bus);
      await using agent = new Agent(bus);
      await agent.start();
      for (const [index, [, sessions, served]] of DAY.entries()) {
        if (index % 3 === 1) {
          await logind[Symbol.asyncDispose]();
          if (index % 2 === 0) {
            await bus.kill();
            await bus.start();
          }
          logind = await start(bus);
        }
        await logind.show(sessions);
        await agent.shows(sessions, served);
      }
      await logind[Symbol.asyncDispose]();
    });
  });
}

describe('with a logind that misbehaves', { skip: noDaemon }, () => {
  const listKey = `${MANAGER_PATH} org.freedesktop.login1.Manager ListSessions`;

  for (const [what, answer] of [
    ['answers with something else', { signature: 's', body: ['nonsense'] }],
    ['answers with nothing', { signature: '', body: [] }],
    ['answers with sessions of another shape', { signature: 'a(ss)', body: [[['2', 'alice']]] }],
    ['answers with an error', { error: 'org.freedesktop.DBus.Error.Failed' }],
    ['never answers', { silent: true }],
  ] as const) {
    it(`that ${what} nobody is served, and all is well when it has recovered`, async () => {
      await using bus = await new PrivateBus().start();
      await using logind = await NativeLogind.start(bus);
      await using agent = new Agent(bus);
      await logind.show([alice]);
      await logind.peer.send('answer', { key: listKey, ...answer });
      await agent.start();
      await until(() => agent.log.lines.some(({ message }) => message === 'logind does not tell its sessions'));
      assert.equal(agent.served, 'nobody');
      await logind.show([]);
      await logind.show([alice]);
      await agent.shows([alice], '2 open');
    });
  }

  it('a session that is described wrongly is left out and does no harm to the others', async () => {
    await using bus = await new PrivateBus().start();
    await using logind = await NativeLogind.start(bus);
    await using agent = new Agent(bus);
    await logind.show([alice, away(bob)]);
    const key = `${logind.objectOf(bob.id)} org.freedesktop.DBus.Properties GetAll`;
    await logind.peer.send('answer', { key, signature: 'a{sv}', body: [[['Id', ['u', 7]]]] });
    await agent.start();
    await agent.shows([alice], '2 open');
  });

  it('signals of a stranger who plays logind change nothing', async () => {
    await using bus = await new PrivateBus().start();
    await using logind = await NativeLogind.start(bus);
    await using agent = new Agent(bus);
    await logind.show([alice]);
    await agent.start();
    await agent.shows([alice], '2 open');
    await using stranger = await NativeLogind.start(bus);
    await stranger.show([bob]);
    await stranger.peer.send('emit', {
      path: MANAGER_PATH,
      interface: 'org.freedesktop.login1.Manager',
      member: 'SessionRemoved',
      signature: 'so',
      body: [alice.id, logind.objectOf(alice.id)],
    });
    await logind.show([locked(alice)]);
    await agent.shows([locked(alice)], '2');
    assert.equal(agent.words.includes('logoff'), false);
    await stranger.peer.send('release', { name: SERVICE });
  });
});
