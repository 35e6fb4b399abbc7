import assert from 'node:assert/strict';
import { closeSync, lstatSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FrameReader, type IpcMap } from '#protocol/ipc/framing.ts';
import { clipboardGrab, clipboardRead } from '#protocol/ipc/messages/clipboard.ts';
import { type SessionRights, sessionRights } from '#protocol/ipc/messages/hello.ts';
import { monitorsConfigure, pointerLayout } from '#protocol/ipc/messages/monitors.ts';
import type { SystemLink } from '#session-agent/system-link/system-link.ts';
import { readAvailable, writeAvailable } from '#shared/native/descriptor.ts';
import { connectUnix } from '#shared/native/unix-socket.ts';
import { LinkServer, MAX_CONNECTIONS_OF_USER } from '#system-agent/session-link/server.ts';
import type { ServedAgent } from '#system-agent/session-link/session-link.ts';
import { openLinkSocket } from '#system-agent/session-link/socket.ts';
import { dumbFrame } from '#test/support/dumb-msgpack.ts';
import { LinkHost, ONE, RIGHTS, TWO } from '#test/support/link/link-host.ts';
import { until } from '#test/support/until.ts';

const ALL = { served: true, clipboard: true, files: true };
const NONE = { served: false, clipboard: false, files: false };
const GRAB = { selection: 'clipboard', types: ['text'], serial: 0, age: 0 } as const;
const READ = { selection: 'clipboard', type: 'text', maxBytes: 100 } as const;
const MONITORS = { monitors: [], positioned: false };
const LAYOUT = { width: 800, height: 600, displays: [] };

function rightsOf(client: SystemLink): SessionRights[] {
  const all: SessionRights[] = [];
  client.on(sessionRights, (rights) => all.push(rights));
  return all;
}

async function served(host: LinkHost): Promise<ServedAgent> {
  await until(() => host.server.link.served !== undefined);
  const agent = host.server.link.served;
  assert.ok(agent);
  return agent;
}

describe('the session link', () => {
  it('gives doors the agent of the served session, and the agent its rights', async () => {
    await using host = await LinkHost.start();
    const client = host.client();
    const rights = rightsOf(client);
    await client.start();
    const { agent, session } = await served(host);
    assert.equal(session, ONE);
    assert.equal(agent.session, '1');
    assert.equal(agent.display, 'x11');
    assert.deepEqual([agent.has('monitors'), agent.has('clipboard.text')], [true, false]);
    assert.deepEqual(host.decision.agents, [{ session: '1', uid: ONE.uid }]);
    await until(() => rights.length > 0);
    assert.deepEqual(rights, [ALL]);
    assert.equal(host.heard.length, 1);
  });

  it('carries messages and content both ways', async () => {
    await using host = await LinkHost.start();
    const client = await host.connected();
    const { link } = (await served(host)).agent;
    const text = Buffer.alloc(300_000, 'text ');
    client.handle(clipboardRead, async () => ({ stream: client.sendStream(text), why: undefined }));
    link.handle(clipboardRead, async () => ({ stream: link.sendStream(text), why: undefined }));
    for (const [asker, name] of [
      [link, 'down'],
      [client, 'up'],
    ] as const) {
      const { stream } = await asker.call(clipboardRead, READ, 5000);
      assert.ok(stream !== undefined, name);
      assert.ok((await asker.receiveStream(stream, text.length, 5000)).equals(text), name);
    }
  });

  it('a session has one agent: the second is told so once, and comes no more', async () => {
    await using host = await LinkHost.start();
    const first = await host.connected();
    const second = host.client();
    await second.start();
    await until(() => second.said.lines.length > 0);
    await sleep(300); // longer than it would wait before it tried again
    assert.equal(host.messages('session agent refused').length, 1);
    assert.equal(second.isUp, false);
    assert.match(String(host.messages('session agent refused')[0]?.reason), /has an agent already/);
    assert.deepEqual(
      second.said.lines.map(({ fields }) => fields.reason),
      ['session 1 has an agent already'],
    );
    assert.ok(first.isUp);
  });

  it('who comes before it is known who is logged in waits for that and is not refused', async () => {
    await using host = new LinkHost();
    host.sessions.change([], 'unknown');
    await host.server.start();
    const early = host.client();
    await early.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(host.server.counters.accepted, 0);
    host.sessions.change([ONE, TWO], 'logind');
    await until(() => early.isUp);
    assert.equal(host.server.counters.refused, 0);
    assert.deepEqual(host.messages('session agent refused'), []);
  });

  it('an agent of another session is connected and not served', async () => {
    await using host = await LinkHost.start();
    const client = host.client({ session: '2' });
    const rights = rightsOf(client);
    await client.start();
    await until(() => rights.length > 0);
    assert.deepEqual(rights, [NONE]);
    assert.equal(host.server.link.served, undefined);
    await assert.rejects(client.call(clipboardRead, READ, 1000), { code: 'unsupported' });
  });

  it('a switch ends what was asked, offered and heard, and begins anew with the other agent', async () => {
    await using host = await LinkHost.start();
    const one = await host.connected();
    const two = await host.connected({ session: '2' });
    const { agent } = await served(host);
    const heard: string[] = [];
    agent.link.on(clipboardGrab, () => heard.push('one'));
    let aborted = false;
    agent.link.handle(clipboardRead, (_body, signal) => {
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          resolve({ stream: 7, why: undefined });
        });
      });
    });
    one.handle(monitorsConfigure, () => new Promise(() => {}));
    one.notify(clipboardGrab, GRAB);
    await until(() => heard.length === 1);
    const asked = assert.rejects(agent.link.call(monitorsConfigure, MONITORS, 60_000), { code: 'cancelled' });
    const reading = assert.rejects(agent.link.receiveStream(5, 10, 60_000), { code: 'cancelled' });
    const promised = assert.rejects(one.call(clipboardRead, READ, 60_000), { code: 'cancelled' });
    await until(() => host.server.link.served?.agent === agent);
    await one.call(clipboardRead, { ...READ, maxBytes: 1 }, 1).catch(() => {}); // both requests are there by now

    host.decision.serve({ session: TWO, ...RIGHTS });
    await Promise.all([asked, reading, promised]);
    assert.ok(aborted);
    const second = await served(host);
    assert.equal(second.agent.session, '2');
    second.agent.link.on(clipboardGrab, () => heard.push('two'));
    one.notify(clipboardGrab, GRAB);
    two.notify(clipboardGrab, GRAB);
    await until(() => heard.length === 2);
    assert.deepEqual(heard, ['one', 'two']);
    await assert.rejects(agent.link.call(monitorsConfigure, MONITORS, 1000), { code: 'cancelled' });
    assert.throws(() => agent.link.sendStream(Buffer.alloc(1)), { code: 'cancelled' });

    host.decision.serve({ session: ONE, ...RIGHTS });
    const third = await served(host);
    assert.notEqual(third.agent, agent);
    third.agent.link.handle(clipboardRead, async () => ({ stream: undefined, why: 'new' }));
    assert.equal((await one.call(clipboardRead, READ, 5000)).why, 'new');
  });

  it('a lock takes clipboard and files and leaves the rest; the agent stays the same', async () => {
    await using host = await LinkHost.start();
    const client = host.client();
    const rights = rightsOf(client);
    client.handle(monitorsConfigure, async () => ({ applied: true, why: undefined }));
    client.handle(clipboardRead, () => new Promise(() => {}));
    await client.start();
    await until(() => client.isUp);
    const { agent } = await served(host);
    let grabs = 0;
    agent.link.on(clipboardGrab, () => grabs++);
    agent.link.handle(clipboardRead, async () => ({ stream: 1, why: undefined }));
    const asked = assert.rejects(agent.link.call(clipboardRead, READ, 60_000), { code: 'cancelled' });
    const reading = assert.rejects(agent.link.receiveStream(5, 10, 60_000), { code: 'cancelled' });

    host.decision.serve({ session: { ...ONE, locked: true }, clipboard: false, files: false });
    await Promise.all([asked, reading]);
    const locked = await served(host);
    assert.equal(locked.agent, agent);
    assert.equal(locked.clipboard, false);
    client.notify(clipboardGrab, GRAB);
    await assert.rejects(client.call(clipboardRead, READ, 5000), { code: 'refused' });
    await assert.rejects(agent.link.call(clipboardRead, READ, 5000), { code: 'refused' });
    assert.equal(grabs, 0);
    assert.ok((await agent.link.call(monitorsConfigure, MONITORS, 5000)).applied);
    assert.deepEqual(rights.at(-1), { ...NONE, served: true });

    host.decision.serve({ session: ONE, ...RIGHTS });
    client.notify(clipboardGrab, GRAB);
    await until(() => grabs === 1);
    assert.equal((await client.call(clipboardRead, READ, 5000)).stream, 1);
    assert.deepEqual(rights, [ALL, { ...NONE, served: true }, ALL]);
  });

  it('tells who begins to listen where the displays are, though it was said before', async () => {
    await using host = await LinkHost.start();
    const client = await host.connected({ session: '2' });
    client.notify(pointerLayout, LAYOUT);
    await client.call(clipboardRead, READ, 5000).catch(() => {});
    host.decision.serve({ session: TWO, ...RIGHTS });
    const { link } = (await served(host)).agent;
    const layouts: unknown[] = [];
    link.on(pointerLayout, (layout) => layouts.push(layout));
    assert.deepEqual(layouts, []);
    await until(() => layouts.length === 1);
    link.on(pointerLayout, () => assert.fail('heard after it was disposed of'))[Symbol.dispose]();
    await new Promise(setImmediate);
    assert.deepEqual(layouts, [LAYOUT]);
  });

  it('an agent whose session ends is dropped', async () => {
    await using host = await LinkHost.start();
    const client = await host.connected();
    await served(host);
    let downs = 0;
    client.onDown(() => downs++);
    host.sessions.change([TWO]);
    assert.equal(host.server.link.served, undefined);
    await until(() => downs === 1);
    assert.match(String(host.messages('session agent dropped')[0]?.reason), /no such graphical session/);
    host.sessions.change([ONE, TWO]);
    await until(() => client.isUp);
  });

  it('an agent that moves to a place of another user is dropped at the next change', async () => {
    await using host = await LinkHost.start();
    await host.connected();
    host.sessions.places.set('', { uid: ONE.uid + 1 });
    host.sessions.change([ONE, TWO]);
    assert.match(String(host.messages('session agent dropped')[0]?.reason), /another user's/);
  });

  it('a served session of another user than its agent is not served', async () => {
    await using host = await LinkHost.start();
    await host.connected();
    await served(host);
    host.decision.serve({ session: { ...ONE, uid: ONE.uid + 1 }, ...RIGHTS });
    assert.equal(host.server.link.served, undefined);
  });

  it('without logind a configured user is served', async () => {
    await using host = await LinkHost.start();
    host.sessions.change([], 'none');
    await host.connected();
    const id = `uid-${ONE.uid}`;
    assert.deepEqual(host.decision.agents, [{ session: id, uid: ONE.uid }]);
    host.decision.serve({ session: { ...ONE, id }, ...RIGHTS });
    assert.equal((await served(host)).agent.session, id);
  });

  it('a listener that fails does not keep the others from hearing', async () => {
    await using host = await LinkHost.start();
    const heard: unknown[] = [];
    host.server.link.onServed(() => {
      throw new TypeError('bug');
    });
    host.server.link.onServed((now) => heard.push(now));
    await host.connected();
    await until(() => heard.length === 1);
    assert.equal(host.messages('a listener of the session link failed').length, 1);
  });
});

describe('the session link with programs that come and go', () => {
  it('a client that is there first connects, and does so again after a restart, with its handlers', async () => {
    await using host = new LinkHost();
    const client = host.client();
    const rights = rightsOf(client);
    const ways: string[] = [];
    client.onUp(() => ways.push('up'));
    client.onDown(() => ways.push('down'));
    client.handle(monitorsConfigure, async () => ({ applied: true, why: undefined }));
    await client.start();
    await assert.rejects(client.call(clipboardRead, READ, 1000), { code: 'cancelled' });
    assert.throws(() => client.sendStream(Buffer.alloc(1)), { code: 'cancelled' });
    client.notify(clipboardGrab, GRAB);
    await host.server.start();
    await until(() => client.isUp);
    const waiting = assert.rejects(client.call(clipboardRead, READ, 60_000), { code: /cancelled|unsupported/ });
    await host.restart();
    await until(() => ways.length === 3);
    await waiting;
    assert.deepEqual(ways, ['up', 'down', 'up']);
    await until(() => rights.length === 2);
    const { agent } = await served(host);
    assert.ok((await agent.link.call(monitorsConfigure, MONITORS, 5000)).applied);
  });

  it('the socket is open to all in a folder that is not, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      await using host = await LinkHost.start();
      assert.equal(lstatSync(host.path).mode & 0o777, 0o666);
      assert.equal(lstatSync(path.dirname(host.path)).mode & 0o777, 0o755);
    } finally {
      process.umask(before);
    }
  });

  it('the socket file goes with its server, and a path that others hold is a state', async () => {
    await using host = await LinkHost.start();
    assert.throws(() => openLinkSocket(host.path), { code: 'failed', message: /another agent listens/ });
    await host.server.stop();
    assert.equal(lstatSync(host.path, { throwIfNoEntry: false }), undefined);
    writeFileSync(host.path, '');
    await host.restart();
    assert.match(String(host.messages('sessions cannot connect')[0]?.reason), /no socket/);
  });

  it('a listening socket that was handed down serves as well', async () => {
    await using host = new LinkHost();
    const handed = openLinkSocket(host.path);
    const early = connectUnix(host.path);
    const { sessions, decision, log } = host;
    const server = new LinkServer({
      listen: () => handed,
      sessions,
      decision,
      log,
      allowUids: new Set(),
      build: 'test',
    });
    await server.start();
    await until(() => server.counters.accepted === 1);
    closeSync(early);
    await server.stop();
  });
});

describe('the session link with strangers', () => {
  it('a user has so many connections; the rest is turned away, and the agent does not notice', async () => {
    await using host = await LinkHost.start();
    const client = await host.connected();
    const { agent } = await served(host);
    client.handle(monitorsConfigure, async () => ({ applied: true, why: undefined }));
    const sockets: number[] = [];
    const room = MAX_CONNECTIONS_OF_USER - 1;
    for (let count = 0; count < 200; count++) {
      sockets.push(connectUnix(host.path));
      if (count % 20 === 19) await until(() => host.server.counters.accepted === count + 2);
    }
    assert.equal(host.server.counters.turnedAway, 200 - room);
    assert.equal(sockets.filter((fd) => readAvailable(fd, Buffer.alloc(10)) === undefined).length, room);
    assert.equal(host.messages('too many connections to the session link').length, 5);
    assert.ok((await agent.link.call(monitorsConfigure, MONITORS, 5000)).applied);
    for (const fd of sockets) closeSync(fd);
    const again = connectUnix(host.path);
    await until(() => host.server.counters.accepted === 202);
    assert.equal(host.server.counters.turnedAway, 200 - room);
    closeSync(again);
  });

  it('an agent that was too slow for a change of its rights hears it when it reads again', async () => {
    await using host = await LinkHost.start();
    const fd = connectUnix(host.path);
    const body = { oldest: 1, newest: 1, build: 'x', display: 'none', features: [], session: '1' };
    writeAvailable(fd, dumbFrame({ kind: 'notification', name: 'hello', body }));
    const { link } = (await served(host)).agent;
    for (let count = 0; count < 40_000; count++) link.notify(clipboardGrab, GRAB);
    host.decision.serve({ session: ONE, clipboard: false, files: false });
    const reader = new FrameReader();
    const rights: unknown[] = [];
    const part = Buffer.alloc(100_000);
    await until(() => {
      const count = readAvailable(fd, part) ?? 0;
      reader.push(part.subarray(0, count), (frame) => {
        if (frame.get('name') === 'session.rights') rights.push(Object.fromEntries(frame.get('body') as IpcMap));
      });
      return rights.length === 2;
    });
    assert.deepEqual(rights, [ALL, { ...NONE, served: true }]);
    closeSync(fd);
  });

  it('a first frame that is none is refused without an answer; a hello of nobody with the reason', async () => {
    await using host = await LinkHost.start();
    const body = { oldest: 1, newest: 1, build: 'x', display: 'none', features: [], session: '9' };
    const cases = [
      { frame: Buffer.from('GET / HTTP/1.1\r\n\r\n'), answer: /^$/s },
      { frame: dumbFrame({ kind: 'notification', name: 'hello', body }), answer: /error.*no such graphical session/s },
      {
        frame: dumbFrame({ kind: 'notification', name: 'hello', body: { ...body, oldest: 7, newest: 9 } }),
        answer: /error.*link versions 7 to 9, ours 1 to 1/s,
      },
    ];
    for (const { frame, answer } of cases) {
      const fd = connectUnix(host.path);
      writeAvailable(fd, frame);
      const heard: Buffer[] = [];
      await until(() => {
        const part = Buffer.alloc(1000);
        const count = readAvailable(fd, part);
        if (count) heard.push(part.subarray(0, count));
        return count === 0;
      });
      closeSync(fd);
      assert.match(Buffer.concat(heard).toString('latin1'), answer);
    }
    assert.equal(host.server.counters.refused, cases.length);
    assert.equal(host.decision.agents.length, 0);
  });
});
