import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_CLIENTS } from '#host/qmp/server.ts';
import { listenAt } from '#shared/socket/listening-socket.ts';
import { until } from '#test/support/programs.ts';
import { QmpClient } from '#test/support/qmp/client.ts';
import { startGuest } from '#test/support/scripted-guest.ts';
import { agent, asked, startServer } from './rig.ts';

const PLAIN = ['guest-ping', 'guest-info'];

describe('a client of the QMP server', () => {
  it('is greeted, negotiates, and gets its own id back with what the agent said', async () => {
    await using guest = await startGuest(agent(PLAIN));
    await using server = await startServer(guest.path);
    using client = await QmpClient.connect(server.socket);
    assert.match(await client.line(0), /^\{"QMP": \{"version": \{"qemu": \{"micro": \d+, "minor": \d+, "major": \d+\}/);
    assert.equal((await client.ask('guest-ping')).error?.class, 'CommandNotFound');
    assert.deepEqual(asked(guest.requests), []);
    await client.execute('qmp_capabilities');
    assert.equal(await client.execute('guest-ping', { a: [1] }), 'guest-ping');
    assert.deepEqual(guest.requests.at(-1)?.arguments, { a: [1] });
    client.say('{"execute": "guest-ping", "id": {"x": 18446744073709551615}}');
    await until(() => client.lines.some((line) => line.endsWith('"id": {"x": 18446744073709551615}}')), 'the id');
  });

  it('gets the error of the agent, with a class that QMP knows', async () => {
    const script = agent(PLAIN, ({ execute }, socket) => {
      const errorClass = { unknown: 'CommandNotFound', odd: 'Odd' }[execute];
      if (errorClass === undefined) return false;
      return socket.write(`{"error": {"class": "${errorClass}", "desc": "no \\u001b[2J"}}\n`);
    });
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path);
    const client = await server.client();
    assert.deepEqual((await client.ask('unknown')).error, { class: 'CommandNotFound', desc: 'no \u001b[2J' });
    assert.deepEqual((await client.ask('odd')).error, { class: 'GenericError', desc: 'no \u001b[2J' });
  });

  it('learns which commands there are', async () => {
    await using guest = await startGuest(agent([...PLAIN, 'query-version', 'bad name']));
    await using server = await startServer(guest.path);
    const client = await server.client();
    const own = ['qmp_capabilities', 'query-version', 'query-commands', 'query-qmp-schema'];
    const names = [...own, 'uga-qmp-status', 'uga-qmp-timeout', 'guest-info', 'guest-ping'];
    assert.deepEqual(
      await client.execute('query-commands'),
      names.map((name) => ({ name })),
    );
    assert.deepEqual((await client.ask('query-commands', { x: 1 })).error, {
      class: 'GenericError',
      desc: "Parameter 'x' is unexpected",
    });
  });

  it('is answered {} for a command without a reply when the agent was there to take it', async () => {
    const script = agent(PLAIN, ({ execute }, socket) => {
      if (execute === 'guest-shutdown') socket.destroy();
      return execute === 'guest-shutdown';
    });
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path);
    const client = await server.client();
    assert.deepEqual(await client.execute('guest-shutdown'), {});
  });

  it('may say everything at once and close its half', async () => {
    await using guest = await startGuest(agent(PLAIN));
    await using server = await startServer(guest.path);
    using client = await QmpClient.connect(server.socket);
    client.socket.end(
      '{"execute":"qmp_capabilities"}{"execute":"guest-ping","id":1}{"execute":"query-version","id":2}',
    );
    await until(() => client.closed, 'the end');
    const ids = client.lines.map((line) => JSON.parse(line).id).filter((id) => id !== undefined);
    assert.deepEqual(ids, [1, 2]);
  });

  it('is told what is wrong with its deadline', async () => {
    await using guest = await startGuest(agent(PLAIN));
    await using server = await startServer(guest.path);
    const client = await server.client();
    for (const milliseconds of [0, 3_600_001, '5', null, 1.5]) {
      assert.equal((await client.ask('uga-qmp-timeout', { milliseconds })).error?.class, 'GenericError');
    }
    await client.execute('uga-qmp-timeout', { milliseconds: 1234 });
    assert.equal(((await client.execute('uga-qmp-status')) as { timeout: number }).timeout, 1234);
  });
});

describe('several clients of the QMP server', () => {
  it('use the same ids at the same time and each get their own answers', async () => {
    const script = agent(PLAIN, (request, socket) => {
      if (request.execute !== 'say') return false;
      return socket.write(`{"return": ${JSON.stringify(request.arguments)}}\n`);
    });
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path);
    const clients = await Promise.all([0, 1, 2, 3].map(() => server.client('same')));
    await Promise.all(
      clients.map(async (client, who) => {
        for (let n = 0; n < 50; n++) assert.deepEqual(await client.execute('say', { who, n }), { who, n });
      }),
    );
  });

  it('take turns, however much one of them has asked for', async () => {
    await using guest = await startGuest(agent(PLAIN));
    await using server = await startServer(guest.path, { eventsMs: 60_000 });
    const [greedy, modest] = [await server.client(), await server.client()];
    greedy.say('{"execute": "greedy"}\n'.repeat(500));
    assert.equal(await modest.execute('modest'), 'modest');
    assert.equal(await modest.execute('modest'), 'modest');
    await until(() => greedy.lines.length >= 502, 'all of the answers');
    const order = asked(guest.requests);
    const [first, second] = [order.indexOf('modest'), order.lastIndexOf('modest')];
    assert.ok(first < 490 && second < 495, `modest was served as number ${first} and ${second}`);
  });

  it('are not held up by a command that is lost', async () => {
    const script = agent(PLAIN, ({ execute }) => execute === 'lost');
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path, { eventsMs: 60_000 });
    const [unlucky, other] = [await server.client(), await server.client()];
    await unlucky.execute('guest-ping');
    await unlucky.execute('uga-qmp-timeout', { milliseconds: 100 });
    const lost = unlucky.ask('lost');
    await until(() => asked(guest.requests).includes('lost'), 'the command to be sent');
    assert.equal(await other.execute('guest-ping'), 'guest-ping');
    assert.deepEqual((await lost).error, {
      class: 'GenericError',
      desc: 'no answer to lost within 0.1 s; the guest may have done it',
    });
    await unlucky.execute('uga-qmp-timeout', { milliseconds: 10_000 });
    assert.equal(await unlucky.execute('guest-ping'), 'guest-ping');
    const after = guest.requests.slice(guest.requests.findIndex(({ execute }) => execute === 'lost') + 1);
    assert.deepEqual([after[0]?.execute, after[0]?.afterSentinel], ['guest-sync-delimited', true]);
  });

  it('are told that a command was not sent when its turn does not come', async () => {
    const script = agent(PLAIN, ({ execute }) => execute === 'slow');
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path, { eventsMs: 60_000 });
    const [slow, hasty] = [await server.client(), await server.client()];
    await hasty.execute('uga-qmp-timeout', { milliseconds: 50 });
    slow.say('{"execute": "slow"}');
    await until(() => asked(guest.requests).includes('slow'), 'the slow command to be sent');
    assert.deepEqual((await hasty.ask('never')).error, {
      class: 'GenericError',
      desc: 'not sent: earlier requests did not end within 0.1 s',
    });
    assert.ok(!asked(guest.requests).includes('never'));
  });

  it('do not wait for what one that left had still to say', async () => {
    const script = agent(PLAIN, ({ execute }) => execute === 'lost');
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path, { eventsMs: 60_000 });
    const [leaver, other] = [await server.client(), await server.client()];
    await leaver.execute('guest-ping');
    await leaver.execute('uga-qmp-timeout', { milliseconds: 100 });
    leaver.say(`{"execute": "lost"}${'{"execute": "unwanted"}'.repeat(100)}`);
    await until(() => asked(guest.requests).includes('lost'), 'the command to be sent');
    leaver.socket.destroy();
    assert.equal(await other.execute('guest-ping'), 'guest-ping');
    assert.equal(await other.execute('guest-ping'), 'guest-ping');
    const unwanted = asked(guest.requests).filter((name) => name === 'unwanted');
    assert.ok(unwanted.length <= 2, `${unwanted.length} were sent`);
  });

  it('are at most so many; the next one is told why it is turned away', async () => {
    await using guest = await startGuest(agent(PLAIN));
    await using server = await startServer(guest.path);
    for (let count = 0; count < MAX_CLIENTS; count++) await server.client();
    using late = await QmpClient.connect(server.socket);
    assert.equal(
      await late.line(0),
      `{"error": {"class": "GenericError", "desc": "${MAX_CLIENTS} clients are connected already"}}`,
    );
    await until(() => late.closed, 'the connection to be closed');
  });
});

describe('the guest behind the QMP server', () => {
  it('is asked nothing before somebody has negotiated, and its channel is free after the last one left', async () => {
    let connections = 0;
    let open = 0;
    const sockets = new Set<Socket>();
    const script = agent([...PLAIN, 'uga-event-wait'], (_, socket) => {
      if (!sockets.has(socket)) {
        sockets.add(socket);
        connections++;
        open++;
        socket.on('close', () => open--);
      }
      return false;
    });
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path);
    using curious = await QmpClient.connect(server.socket);
    await curious.line(0);
    await sleep(60);
    assert.equal(connections, 0);
    const client = await server.client();
    await until(() => open === 1, 'the channel to be taken');
    client[Symbol.dispose]();
    await until(() => open === 0, 'the channel to be let go');
    const again = await server.client();
    assert.equal(await again.execute('guest-ping'), 'guest-ping');
    assert.deepEqual([connections, open], [2, 1]);
  });

  it('may die in the middle of a command and come back', async () => {
    const script = agent(PLAIN, ({ execute }, socket) => {
      if (execute === 'die') socket.destroy();
      return execute === 'die';
    });
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path);
    const [one, other] = [await server.client(), await server.client()];
    await one.event('UGA_AGENT_CONNECTED');
    const [died, waited] = await Promise.all([one.ask('die'), other.ask('guest-ping')]);
    assert.deepEqual(died.error, { class: 'GenericError', desc: 'the connection is lost; the guest may have done it' });
    assert.equal(waited.return, 'guest-ping');
    for (const client of [one, other]) {
      assert.deepEqual((await client.event('UGA_AGENT_DISCONNECTED')).data, { reason: 'the connection is lost' });
      const back = await client.event('UGA_AGENT_CONNECTED', client === one ? 1 : 0);
      assert.ok(Math.abs((back.timestamp?.seconds ?? 0) - Date.now() / 1000) < 60);
    }
    assert.equal(await one.execute('guest-ping'), 'guest-ping');
  });

  it('may not be there at all', async () => {
    await using server = await startServer('/nonexistent/qga.sock');
    const client = await server.client();
    const { error } = await client.ask('guest-ping');
    assert.match(error?.desc ?? '', /^not sent: cannot connect to \/nonexistent\/qga\.sock: /);
    const status = (await client.execute('uga-qmp-status')) as { agent: string; reason: string };
    assert.equal(status.agent, 'disconnected');
    assert.match(status.reason, /^cannot connect/);
    assert.deepEqual((await client.event('UGA_AGENT_DISCONNECTED')).data, { reason: status.reason });
    assert.equal((await client.ask('query-commands')).error?.class, 'GenericError');
  });

  it('may say what it likes: what is no answer is an error, and the next command works', async () => {
    const nonsense = ['5', '[]', '{', '{"return": ', '{"error": 5}', '{"error": {"class": 1}}', '\xff\xff', '"\x01"'];
    const script = agent(PLAIN, (request, socket) => {
      const said = nonsense[Number(/^odd-(\d)$/.exec(request.execute)?.[1] ?? Number.NaN)];
      return said !== undefined && socket.write(`${said}\n`, 'latin1') !== undefined;
    });
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path, { timeoutMs: 2_000 });
    const client = await server.client();
    await client.execute('guest-ping');
    await client.execute('uga-qmp-timeout', { milliseconds: 100 });
    for (const index of nonsense.keys()) {
      assert.equal((await client.ask(`odd-${index}`)).error?.class, 'GenericError', nonsense[index]);
      await client.execute('uga-qmp-timeout', { milliseconds: 5_000 });
      assert.equal(await client.execute('guest-ping'), 'guest-ping');
      await client.execute('uga-qmp-timeout', { milliseconds: 100 });
    }
  });
});

describe('the socket of the QMP server', () => {
  it("is its owner's alone, is gone after the end, and no living one is replaced", async () => {
    await using guest = await startGuest(agent(PLAIN));
    await using server = await startServer(guest.path);
    assert.equal(statSync(server.socket).mode & 0o777, 0o600);
    assert.throws(() => listenAt(server.socket, 1), { code: 'failed' });
    const client = await server.client();
    await server.stop();
    assert.ok(!existsSync(server.socket));
    await until(() => client.closed, 'the clients to be cut off');
  });
});
