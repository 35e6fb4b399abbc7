import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silent } from '#shared/log/log.ts';
import { object } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '#system-agent/qga/command.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import { QgaDoor } from '#system-agent/qga/door.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { fakePlatform } from '#test/fakes/platform.ts';

const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}\n';
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** A command that ends when the test says so. */
function slowCommand() {
  const finishers: (() => void)[] = [];
  const command = defineCommand({
    name: 'guest-slow',
    since: '0',
    summary: '',
    testedBy: 'here',
    args: object({}),
    result: nothing,
    needs: [],
    readOnly: true,
    run: () => new Promise<undefined>((resolve) => finishers.push(() => resolve(undefined))),
  });
  return { command, finish: () => finishers.shift()?.() };
}

async function open(channel = new FakeChannel()) {
  const slow = slowCommand();
  const dispatcher = new Dispatcher([...commands, slow.command], fakePlatform(), () => undefined, silent);
  const door = new QgaDoor(channel, dispatcher);
  await door.start();
  channel.connect();
  return { channel, door, finish: slow.finish };
}

describe('QGA door', () => {
  it('answers pipelined requests in order', async () => {
    const { channel } = await open();
    channel.say(
      '{"execute":"guest-sync","arguments":{"id":1}}{"execute":"nope"}\n{"execute":"guest-sync","arguments":{"id":2}}',
    );
    const lines = channel.drain().split('\n');
    assert.equal(lines[0], '{"return": 1}');
    assert.match(lines[1] ?? '', /CommandNotFound/);
    assert.equal(lines[2], '{"return": 2}');
  });

  it('puts 0xFF before the reply of guest-sync-delimited only, and only on success', async () => {
    const { channel } = await open();
    channel.say(`{"execute":"guest-sync-delimited","arguments":{"id":7}}${PING}{"execute":"guest-sync-delimited"}`);
    const text = channel.drain();
    assert.ok(text.startsWith('\xff{"return": 7}\n{"return": {}}\n{"error"'), text);
    assert.equal(text.lastIndexOf('\xff'), 0);
  });

  it('a slow command holds back those after it, and the channel is not read meanwhile', async () => {
    const { channel, finish } = await open();
    channel.say(`{"execute":"guest-slow","id":1}${PING}`);
    assert.equal(channel.drain(), '');
    assert.equal(channel.paused, true);
    finish();
    await tick();
    assert.equal(channel.drain(), `{"return": {}, "id": 1}\n${PONG}`);
    assert.equal(channel.paused, false);
  });

  it('the answer of a command whose host has gone is not given to the next host', async () => {
    const { channel, finish } = await open();
    channel.say('{"execute":"guest-slow"}');
    channel.disconnect();
    channel.connect();
    assert.equal(channel.paused, false);
    channel.say(PING);
    finish();
    await tick();
    assert.equal(channel.drain(), PONG);
  });

  it('half a request dies with its host', async () => {
    const { channel } = await open();
    channel.say('{"execute":"guest-sync","arguments":{"id":1');
    channel.disconnect();
    channel.connect();
    channel.say(PING);
    assert.equal(channel.drain(), PONG);
  });

  it('a host that sends without reading is not read, and nothing is lost', async () => {
    const { channel } = await open(new FakeChannel(PONG.length * 10));
    let sent = 0;
    while (!channel.paused) {
      channel.say(PING);
      sent++;
    }
    assert.equal(sent, 11);
    assert.equal(channel.drain(), PONG.repeat(sent));
    assert.equal(channel.paused, false);
  });

  it('requests that were read before the host stopped reading are answered afterwards', async () => {
    const { channel } = await open(new FakeChannel(10));
    channel.say(`{"execute":"guest-sync","arguments":{"id":12345678901}}`);
    assert.equal(channel.paused, true);
    const first = channel.drain();
    channel.say(PING);
    assert.equal(first + channel.drain(), `{"return": 12345678901}\n${PONG}`);
  });

  it('a half-closed host still gets its answers, then the door hangs up', async () => {
    const { channel, finish } = await open();
    channel.say(`{"execute":"guest-slow"}${PING}`);
    channel.end();
    assert.equal(channel.hungUp, false);
    finish();
    await tick();
    assert.equal(channel.drain(), PONG + PONG);
    assert.equal(channel.hungUp, true);
  });

  it('a command that only waits ends with its host, and what else the host has asked for is done', async () => {
    const waits = defineCommand({
      name: 'guest-wait',
      since: '0',
      summary: '',
      testedBy: 'here',
      args: object({}),
      result: nothing,
      needs: [],
      readOnly: true,
      run: (_args, _ports, { host }) =>
        new Promise<undefined>((resolve) => {
          if (host.aborted) resolve(undefined);
          else host.addEventListener('abort', () => resolve(undefined));
        }),
    });
    const channel = new FakeChannel();
    await new QgaDoor(channel, new Dispatcher([...commands, waits], fakePlatform(), () => undefined, silent)).start();
    const wait = '{"execute":"guest-wait"}';
    channel.connect();
    channel.say(`${wait}${wait}${PING}`);
    await tick();
    assert.equal(channel.drain(), '');
    channel.leave();
    await tick();
    assert.equal(channel.drain(), PONG.repeat(3));
    channel.disconnect();
    channel.connect();
    channel.say(wait);
    await tick();
    assert.equal(channel.drain(), '');
    channel.disconnect();
    channel.connect();
    channel.say(PING);
    assert.equal(channel.drain(), PONG);
  });

  it('sends nothing unasked', async () => {
    const { channel } = await open();
    channel.say('\n\r\n  \t');
    channel.disconnect();
    channel.connect();
    await tick();
    assert.equal(channel.drain(), '');
  });
});
