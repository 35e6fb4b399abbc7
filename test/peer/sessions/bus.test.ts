import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { SignalMatch } from '#shared/dbus/bus.ts';
import { BusClient } from '#shared/dbus/client.ts';
import type { Call, Signal } from '#shared/dbus/values.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { Peer } from '#test/support/dbus/peer.ts';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const skip = without('dbus-daemon');
const SERVICE = 'org.example.Service';

function driver(member: string, ...body: string[]): Call {
  const [destination, path] = ['org.freedesktop.DBus', '/org/freedesktop/DBus'];
  return { destination, path, interface: destination, member, signature: 's'.repeat(body.length), body };
}

const happened: SignalMatch = { sender: SERVICE, interface: 'org.example.Events', member: 'Happened' };
const happening = (text: string, more: object = {}) => ({
  path: '/a',
  interface: 'org.example.Events',
  member: 'Happened',
  signature: 's',
  body: [text],
  ...more,
});

class Client extends BusClient implements AsyncDisposable {
  constructor(
    socket: string,
    readonly lines = new MemoryLog(),
  ) {
    super([socket], lines);
  }

  async ready(): Promise<this> {
    await this.start();
    await until(() => this.connected, 'connected');
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Unique name: the one on the bus that is none of the test's peers. */
  async own(...peers: readonly Peer[]): Promise<string> {
    const [names] = await this.call(driver('ListNames'));
    assert.ok(Array.isArray(names));
    const [own] = names.filter((name) => String(name).startsWith(':') && !peers.some((peer) => peer.name === name));
    return String(own);
  }

  /** Rules that the bus holds for this connection, as the bus itself tells. */
  async rules(): Promise<number> {
    const stats = { ...driver('GetAllMatchRules'), interface: 'org.freedesktop.DBus.Debug.Stats' };
    const [all] = await this.call(stats);
    assert.ok(all instanceof Map);
    return [...all.values()].reduce((sum: number, rules) => sum + (Array.isArray(rules) ? rules.length : 0), 0);
  }
}

const texts = (signals: readonly Signal[]) => signals.map(({ body }) => body[0]);

describe('a client of a bus', { skip }, () => {
  it('gets answers, and errors by their kind', async () => {
    await using bus = await new PrivateBus().start();
    await using one = await new Client(bus.socket).ready();
    const [names] = await one.call(driver('ListNames'));
    assert.ok(Array.isArray(names) && names.includes('org.freedesktop.DBus'));
    await assert.rejects(one.call(driver('GetNameOwner', 'org.example.Nobody')), { code: 'not-found' });
    await assert.rejects(one.call({ ...driver('Anything'), destination: SERVICE }), { code: 'not-found' });
    await assert.rejects(one.call(driver('NoSuchMember')), { code: 'not-found' });
    await assert.rejects(one.call(driver('AddMatch', 'nonsense')), { code: 'failed' });
    await assert.rejects(one.call({ ...driver('GetId'), signature: 's', body: [] }), { code: 'invalid-argument' });
  });

  it('finds a bus by its abstract name too', async () => {
    await using bus = await new PrivateBus().start();
    await using one = await new Client(`\0${bus.abstractName}`).ready();
    assert.equal((await one.call(driver('GetId'))).length, 1);
    await bus.kill();
    await until(() => !one.connected);
    await until(() => one.lines.lines.length >= 3);
    await bus.start();
    await until(() => one.connected);
  });

  it('gives up a call that is never answered', async () => {
    await using bus = await new PrivateBus().start();
    await using peer = await Peer.start(bus.address);
    await peer.send('own', { name: SERVICE });
    await peer.send('answer', { key: '/a org.example.I Wait', silent: true });
    await using one = await new Client(bus.socket).ready();
    const call: Call = { destination: SERVICE, path: '/a', interface: 'org.example.I', member: 'Wait' };
    await assert.rejects(one.call(call, 50), { code: 'timeout' });
  });

  it('has its calls rejected when the bus is killed, and at once while it is away', async () => {
    await using bus = await new PrivateBus().start();
    await using peer = await Peer.start(bus.address);
    await peer.send('answer', { key: '/a org.example.I Wait', silent: true });
    await using one = await new Client(bus.socket).ready();
    const waiting = one.call({ destination: peer.name, path: '/a', interface: 'org.example.I', member: 'Wait' });
    const rejected = assert.rejects(waiting, { code: 'cancelled' });
    await bus.kill();
    await rejected;
    await assert.rejects(one.call(driver('GetId')), { code: 'cancelled' });
  });

  it('hears a service through its restarts and those of the bus', async () => {
    await using bus = await new PrivateBus().start();
    await using one = await new Client(bus.socket).ready();
    const heard: Signal[] = [];
    const owners: (string | undefined)[] = [];
    const states: boolean[] = [];
    one.subscribe(happened, (signal) => heard.push(signal));
    one.watchName(SERVICE, (owner) => owners.push(owner));
    one.onState((connected) => states.push(connected));
    for (const [index, text] of ['first', 'second', 'third'].entries()) {
      await using peer = await Peer.start(bus.address);
      await peer.send('own', { name: SERVICE });
      await until(() => owners.at(-1) === peer.name, `${text}: the owner`);
      await peer.send('emit', happening(text));
      await until(() => heard.length === index + 1, `${text}: the signal`);
      if (index === 1) {
        await bus.kill();
        await until(() => !one.connected);
        assert.equal(owners.at(-1), undefined);
        await bus.start();
        await until(() => one.connected);
      }
    }
    assert.deepEqual(texts(heard), ['first', 'second', 'third']);
    assert.deepEqual(states, [false, true]);
    assert.equal(owners[0], undefined);
  });

  it('hears nobody but the service it has named, whatever is sent to it directly', async () => {
    await using bus = await new PrivateBus().start();
    await using peer = await Peer.start(bus.address);
    await peer.send('own', { name: SERVICE });
    await using stranger = await Peer.start(bus.address);
    await using one = await new Client(bus.socket).ready();
    const heard: Signal[] = [];
    one.subscribe(happened, (signal) => heard.push(signal));
    one.subscribe({ ...happened, path: '/b' }, (signal) => heard.push(signal));
    const to = await one.own(peer, stranger);
    await stranger.send('emit', happening('forged', { to }));
    const takeover = { path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus', member: 'NameOwnerChanged' };
    await stranger.send('emit', { ...takeover, signature: 'sss', body: [SERVICE, '', stranger.name], to });
    await stranger.send('emit', happening('forged again', { to }));
    await stranger.send('emit', happening('broadcast'));
    // The bus keeps the order: once the stranger has its answer, all that it sent has arrived.
    await stranger.send('call', { destination: to, path: '/', interface: 'a.b', member: 'C' });
    await peer.send('emit', happening('true'));
    await until(() => heard.length > 0);
    assert.deepEqual(texts(heard), ['true']);
  });

  it('leaves no match rule behind, and asks for each only once', async () => {
    await using bus = await new PrivateBus().start();
    await using one = await new Client(bus.socket).ready();
    const before = await one.rules();
    const all = [1, 2, 3].map(() => one.subscribe(happened, () => {}));
    all.push(one.watchName(SERVICE, () => {}));
    assert.equal(await one.rules(), before + 2);
    for (const subscription of all) {
      subscription[Symbol.dispose]();
      subscription[Symbol.dispose]();
    }
    assert.equal(await one.rules(), before);
  });

  it('tells at once who has a name that it knows already', async () => {
    await using bus = await new PrivateBus().start();
    await using peer = await Peer.start(bus.address);
    await peer.send('own', { name: SERVICE });
    await using one = await new Client(bus.socket).ready();
    for (let round = 0; round < 2; round++) {
      let owner: string | undefined;
      one.watchName(SERVICE, (name) => {
        owner = name;
      });
      await until(() => owner === peer.name);
    }
  });

  it('answers calls that others make to it: there is nothing here', async () => {
    await using bus = await new PrivateBus().start();
    await using peer = await Peer.start(bus.address);
    await using one = await new Client(bus.socket).ready();
    const destination = await one.own(peer);
    const error = await peer.send('call', { destination, path: '/', interface: 'a.b', member: 'C' });
    assert.equal(error, 'org.freedesktop.DBus.Error.UnknownMethod');
  });

  it("goes on when a listener throws, and the log has the listener's error", async () => {
    await using bus = await new PrivateBus().start();
    await using peer = await Peer.start(bus.address);
    await peer.send('own', { name: SERVICE });
    await using one = await new Client(bus.socket).ready();
    const heard: Signal[] = [];
    one.subscribe(happened, () => {
      throw new Error('defect');
    });
    one.subscribe(happened, (signal) => heard.push(signal));
    await one.call(driver('GetId'));
    await peer.send('emit', happening('x'));
    await until(() => heard.length === 1);
    assert.ok(
      one.lines.lines.some(({ level, fields }) => level === 'error' && String(fields.error).includes('defect')),
    );
  });

  it('that the bus does not accept has an ordinary error, and tries again', async () => {
    await using bus = await new PrivateBus('<deny user="*"/>').start();
    await using one = new Client(bus.socket);
    let owner: string | undefined | null = null;
    one.watchName(SERVICE, (name) => {
      owner = name;
    });
    await one.start();
    await until(() => one.lines.lines.length >= 2);
    assert.equal(owner, undefined);
    assert.equal(one.connected, false);
  });

  it('without a bus at all says so and stays away', async () => {
    await using one = new Client('/nonexistent/bus');
    await one.start();
    await until(() => one.lines.lines.length >= 2);
    assert.equal(one.lines.lines[0]?.message, 'the bus is away');
    await assert.rejects(one.call(driver('GetId')), { code: 'cancelled' });
  });
});

describe('a client of a broken bus', () => {
  for (const [what, answer] of [
    ['says something else', 'HTTP/1.1 200 OK\r\n'],
    ['refuses', 'REJECTED EXTERNAL\r\n'],
    [
      'sends a message of 2 GB',
      Buffer.concat([Buffer.from('OK x\r\n'), Buffer.from('6c02000100000080010000000000000000', 'hex')]),
    ],
    [
      'sends a message without sense',
      Buffer.concat([Buffer.from('OK x\r\n'), Buffer.from('6c020001000000000100000008000000ffffffffffffffff', 'hex')]),
    ],
    ['closes', ''],
  ] as const) {
    it(`that ${what} goes on trying, and nothing is thrown`, async () => {
      using folder = temporaryFolder();
      const socket = path.join(folder.path, 'bus');
      const clients = new Set<Socket>();
      const server = createServer((client) => {
        clients.add(client);
        client.on('error', () => {});
        client.once('data', () => (answer === '' ? client.destroy() : client.write(answer)));
      }).listen(socket);
      await using one = new Client(socket);
      await one.start();
      await until(() => clients.size >= 3);
      assert.equal(one.connected, false);
      await one.stop();
      for (const client of clients) client.destroy();
      await new Promise((done) => server.close(done));
    });
  }
});
