import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningAgent, startAgentThrough, startSystemAgent } from '#test/support/agents.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { MockLogind, NativeLogind, type StartLogind } from '#test/support/dbus/logind.ts';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { session } from '#test/support/sessions.ts';

interface Answer {
  readonly cursor: number;
  readonly events: readonly { readonly seq: number; readonly event: string; readonly data: Record<string, unknown> }[];
  readonly missed: number;
  readonly restarted: boolean;
}

/** A host that asks for events and goes on with the cursor it was given. */
class Listener implements Disposable {
  cursor: number | undefined;

  private constructor(readonly client: RawClient) {}

  static async connect({ socket }: RunningAgent): Promise<Listener> {
    return new Listener(await RawClient.connect(socket));
  }

  send(execute: string, args: object = {}): void {
    this.client.send(JSON.stringify({ execute, arguments: args }));
  }

  async ask(timeout: number, cursor = this.cursor): Promise<Answer> {
    this.send('uga-event-wait', { timeout, ...(cursor !== undefined && { cursor }) });
    const [line = ''] = await this.client.lines(1);
    const { return: answer } = JSON.parse(line) as { readonly return: Answer };
    this.cursor = answer.cursor;
    return answer;
  }

  /** All events up to the first one of that name. */
  async until(name: string): Promise<Answer['events']> {
    const all: Answer['events'][number][] = [];
    for (let round = 0; round < 15; round++) {
      const { events, missed } = await this.ask(2000);
      assert.equal(missed, 0);
      all.push(...events);
      if (all.some(({ event }) => event === name)) return all;
    }
    assert.fail(`no ${name} but ${JSON.stringify(all)}`);
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

describe('a host that asks for events', () => {
  it('is answered in its turn, waits no longer than it wants, and gets no byte that it has not asked for', async () => {
    await using agent = await startSystemAgent();
    using host = await Listener.connect(agent);
    const first = await host.ask(0);
    assert.deepEqual(first, { cursor: first.cursor, events: [], missed: 0, restarted: false });
    host.send('uga-event-wait', { timeout: 100 });
    host.send('guest-ping');
    const [waited = '', ping = ''] = await host.client.lines(2);
    assert.match(waited, /"events": \[\]/);
    assert.equal(ping, '{"return": {}}');
    await sleep(100);
    host.send('guest-sync', { id: 5 });
    assert.deepEqual(await host.client.lines(1), ['{"return": 5}']);
  });

  it('and asks for what cannot be is told so', async () => {
    await using agent = await startSystemAgent();
    using host = await Listener.connect(agent);
    for (const args of [{ timeout: -1 }, { cursor: -1 }, { timeout: 'x' }, { other: 1 }]) {
      host.send('uga-event-wait', args);
      const [line = ''] = await host.client.lines(1);
      assert.match(line, /^\{"error": \{"class": "GenericError"/);
    }
  });

  it('and leaves while it waits is in nobody’s way', async () => {
    await using agent = await startSystemAgent();
    for (let round = 0; round < 50; round++) {
      using leaving = await Listener.connect(agent);
      leaving.send('uga-event-wait', { timeout: 2000 });
    }
    using next = await Listener.connect(agent);
    next.send('guest-ping');
    assert.deepEqual(await next.client.lines(1), ['{"return": {}}']);
  });

  it('learns that the agent is another one', async () => {
    let cursor: number;
    {
      await using agent = await startSystemAgent();
      using host = await Listener.connect(agent);
      ({ cursor } = await host.ask(0));
    }
    await using agent = await startSystemAgent();
    using host = await Listener.connect(agent);
    const { restarted, cursor: next } = await host.ask(2000, cursor);
    assert.equal(restarted, true);
    assert.ok(next > cursor);
    assert.equal((await host.ask(0, next)).restarted, false);
  });

  it('hears what the policy has refused', async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'policy.conf');
    writeFileSync(file, '[policy]\nprofile=observe\n', { mode: 0o600 });
    await using agent = await startSystemAgent('--policy', file);
    using host = await Listener.connect(agent);
    await host.ask(0);
    host.send('guest-exec', { path: 'secret' });
    await host.client.lines(1);
    const { events } = await host.ask(0);
    const [{ data = {} } = {}, ...more] = events;
    assert.deepEqual([data.door, data.request, data.untold, more.length], ['qga', 'guest-exec', 0, 0]);
    assert.match(String(data.rule), /observe/);
    assert.doesNotMatch(JSON.stringify(events), /secret/);
  });

  it('finds its command and the events in the schema', async () => {
    await using agent = await startSystemAgent();
    using host = await Listener.connect(agent);
    host.send('uga-query-schema');
    const [line = ''] = await host.client.lines(1);
    const { return: schema } = JSON.parse(line) as {
      return: { commands: { name: string; returns?: string }[]; events: { name: string }[] };
    };
    assert.equal(schema.commands.find(({ name }) => name === 'uga-event-wait')?.returns, 'UgaEvents');
    assert.ok(schema.events.some(({ name }) => name === 'ADDRESSES_CHANGED'));
  });
});

describe('addresses', () => {
  const UNSHARE = ['unshare', '--user', '--map-root-user', '--net'] as const;
  const possible = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), 'ip', 'link', 'show', 'lo']).status === 0;

  it('of an interface that changes, in a network of its own', {
    skip: possible ? false : 'needs ip(8), and network namespaces for everybody',
  }, async () => {
    await using agent = await startAgentThrough(UNSHARE, 'refuse');
    const ip = (...words: string[]) =>
      execFileSync('nsenter', [
        ...['--target', String(agent.program.pid), '--user', '--preserve-credentials', '--net'],
        ...['ip', ...words],
      ]);
    using host = await Listener.connect(agent);
    await host.ask(0);
    ip('link', 'set', 'lo', 'up');
    assert.deepEqual(interfacesIn(await host.until('ADDRESSES_CHANGED')), ['lo']);
    ip('address', 'add', '192.0.2.1/32', 'dev', 'lo');
    assert.deepEqual(interfacesIn(await host.until('ADDRESSES_CHANGED')), ['lo']);
  });

  function interfacesIn(events: Answer['events']): unknown {
    return events.find(({ event }) => event === 'ADDRESSES_CHANGED')?.data.interfaces;
  }
});

const MOCK = '/usr/lib/python3/dist-packages/dbusmock/__main__.py';
const noDaemon = without('dbus-daemon');
const PLAYERS: readonly { readonly name: string; readonly start: StartLogind; readonly skip: string | false }[] = [
  { name: 'of an independent D-Bus', start: NativeLogind.start, skip: noDaemon },
  {
    name: 'of python-dbusmock',
    start: MockLogind.start,
    skip: noDaemon || (existsSync(MOCK) ? false : 'python3-dbusmock is not installed'),
  },
];

for (const { name, start, skip } of PLAYERS) {
  describe(`sessions of a logind ${name}`, { skip }, () => {
    it('are told from the login to the end, and so is its shutdown', async () => {
      await using bus = await new PrivateBus().start();
      await using logind = await start(bus);
      const environment = ['env', `DBUS_SYSTEM_BUS_ADDRESS=${bus.address}`] as const;
      await using agent = await startAgentThrough(environment, 'refuse');
      using host = await Listener.connect(agent);
      await host.ask(0, 0);
      await logind.show([session('3')]);
      const came = await host.until('SESSION_ACTIVE');
      const added = came.find(({ event }) => event === 'SESSION_ADDED');
      assert.ok(added);
      const { type, ...rest } = added.data.session as Record<string, unknown>;
      assert.deepEqual(rest, { id: '3', uid: 1000, user: 'alice', class: 'user', seat: 'seat0' });
      // An agent that lists sessions just then sees python-dbusmock's before it is what we make it.
      assert.ok(type === 'wayland' || (type === 'test' && start === MockLogind.start), String(type));
      await logind.show([session('3', { locked: true })]);
      assert.ok(await host.until('SESSION_LOCKED'));
      await logind.show([]);
      assert.ok(await host.until('SESSION_REMOVED'));
      await logind.announceShutdown();
      assert.ok(await host.until('SHUTDOWN_BEGUN'));
    });
  });
}
