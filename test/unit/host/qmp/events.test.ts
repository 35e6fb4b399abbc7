import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '#test/support/programs.ts';
import { type GuestRequest, type Script, startGuest } from '#test/support/scripted-guest.ts';
import { agent, startServer } from './rig.ts';

const COMMANDS = ['guest-ping', 'uga-event-wait'];
const TIME = { seconds: 1700000000, microseconds: 250000 };

/** An agent whose events are `make(n)` for the n-th question. */
function telling(make: (question: number) => object, questions: GuestRequest[] = []): Script {
  return agent(COMMANDS, (request, socket) => {
    if (request.execute !== 'uga-event-wait') return false;
    questions.push(request);
    socket.write(`${JSON.stringify({ return: make(questions.length) })}\n`);
    return true;
  });
}

describe('events of the guest', () => {
  it('are told to every client that has negotiated, with the time of the guest', async () => {
    const script = telling((n) => ({
      cursor: n,
      missed: 0,
      events: n === 3 ? [{ seq: 1, time: TIME, event: 'FREEZE', data: { state: 'frozen' } }] : [],
    }));
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path, { eventsMs: 100 });
    const clients = [await server.client(), await server.client()];
    for (const client of clients) {
      const { timestamp, data } = await client.event('FREEZE');
      assert.deepEqual([timestamp, data], [TIME, { state: 'frozen' }]);
    }
  });

  it('are asked for from where the last answer ended, without making the guest wait', async () => {
    const questions: GuestRequest[] = [];
    await using guest = await startGuest(telling((n) => ({ cursor: n * 10, events: [] }), questions));
    await using server = await startServer(guest.path);
    await server.client();
    await until(() => questions.length >= 3, 'three questions');
    assert.deepEqual(
      questions.slice(0, 3).map((request) => request.arguments),
      [{ timeout: 0 }, { cursor: 10, timeout: 0 }, { cursor: 20, timeout: 0 }],
    );
  });

  it('that were missed are counted', async () => {
    await using guest = await startGuest(telling((n) => ({ cursor: n, events: [5], missed: n === 1 ? 41 : 0 })));
    await using server = await startServer(guest.path);
    const client = await server.client();
    assert.deepEqual((await client.event('UGA_EVENTS_MISSED')).data, { missed: 42 });
  });

  it('come with a word that the agent is another one', async () => {
    await using guest = await startGuest(telling((n) => ({ cursor: n, events: [], restarted: n === 2 })));
    await using server = await startServer(guest.path);
    const client = await server.client();
    await client.event('UGA_AGENT_RESTARTED');
    assert.ok(!client.events.some(({ event }) => event === 'UGA_EVENTS_MISSED'));
  });

  it('may be refused, and everything else goes on', async () => {
    const script = agent(COMMANDS, ({ execute }, socket) => {
      if (execute !== 'uga-event-wait') return false;
      return socket.write('{"error": {"class": "CommandNotFound", "desc": "frozen"}}\n');
    });
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path, { eventsMs: 1 });
    const client = await server.client();
    const questions = () => guest.requests.filter(({ execute }) => execute === 'uga-event-wait').length;
    await until(() => questions() > 0, 'the first question');
    for (let call = 0; call < 20; call++) assert.equal(await client.execute('guest-ping'), 'guest-ping');
    assert.ok(!client.events.some(({ event }) => event === 'UGA_AGENT_DISCONNECTED'));
  });

  it('are not asked of an agent that does not list the command', async () => {
    await using guest = await startGuest(agent(['guest-ping']));
    await using server = await startServer(guest.path, { eventsMs: 5 });
    const client = await server.client();
    for (let call = 0; call < 50; call++) await client.execute('guest-ping');
    assert.ok(!guest.requests.some(({ execute }) => execute === 'uga-event-wait'));
  });

  it('that a client leaves unread cost it its connection, and no other client anything', async () => {
    const event = { time: TIME, event: 'NOISE', data: { text: 'x'.repeat(50_000) } };
    const script = telling((n) => ({ cursor: n, events: [event] }));
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path, { eventsMs: 1 });
    const [deaf, alert] = [await server.client(), await server.client()];
    deaf.socket.pause();
    await until(() => alert.events.length > 60, 'more events than may be left unread', 20_000);
    deaf.socket.resume();
    await until(() => deaf.closed, 'the client to be cut off');
    assert.ok(!alert.closed);
    assert.equal(await alert.execute('guest-ping'), 'guest-ping');
  });
});

describe('a client that does not read its answers', () => {
  it('has no more commands carried out', async () => {
    const big = 'x'.repeat(1024 * 1024);
    const script = agent(COMMANDS, ({ execute }, socket) => {
      if (execute === 'big') socket.write(`{"return": "${big}"}\n`);
      return execute === 'big';
    });
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path, { eventsMs: 60_000 });
    const [deaf, other] = [await server.client(), await server.client()];
    deaf.socket.pause();
    deaf.say('{"execute": "big"}'.repeat(20));
    const count = () => guest.requests.filter(({ execute }) => execute === 'big').length;
    await until(() => count() > 0, 'the first command');
    for (let call = 0; call < 20; call++) await other.execute('guest-ping');
    assert.ok(count() <= 3, `${count()} answers wait`);
    deaf.socket.resume();
    await until(() => count() === 20, 'the rest, once it reads', 20_000);
  });
});
