import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Base64 } from '#shared/json/value.ts';
import { silent } from '#shared/log/log.ts';
import { int64, object, string, struct } from '#shared/schema/schema.ts';
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

/** A command whose answer holds that many bytes, and how many of its answers have been let go. */
function bytesCommand() {
  const state = { released: 0 };
  const command = defineCommand({
    name: 'guest-bytes',
    since: '0',
    summary: '',
    testedBy: 'here',
    args: object({ size: int64 }),
    result: struct('Bytes', { before: string, bytes: string, after: string }),
    needs: [],
    readOnly: true,
    run: async ({ size }) => ({
      before: 'é',
      bytes: new Base64(bytesOf(Number(size)), () => state.released++),
      after: 'end',
    }),
  });
  return { command, state };
}

function bytesOf(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, index) => (index * 31) % 251));
}

async function open(channel = new FakeChannel()) {
  const slow = slowCommand();
  const bytes = bytesCommand();
  const all = [...commands, slow.command, bytes.command];
  const dispatcher = new Dispatcher(all, fakePlatform(), () => undefined, silent);
  const door = new QgaDoor(channel, dispatcher);
  await door.start();
  channel.connect();
  return { channel, door, finish: slow.finish, bytes: bytes.state };
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

  it('file data of any length is whole, in blocks that wait for the host', async () => {
    const { channel, door, bytes } = await open(new FakeChannel(0));
    const sizes = [0, 1, 2, 3, 49_100, 49_101, 49_102, 49_103, 49_104, 49_152, 49_153, 300_001];
    for (const [index, size] of sizes.entries()) {
      channel.say(`{"execute":"guest-bytes","arguments":{"size":${size}}}`);
      await tick();
      let told = '';
      for (let part = channel.drain(); part !== ''; part = channel.drain()) {
        assert.ok(part.length <= 65_536, String(part.length));
        if (size > 100_000 && told === '') assert.equal(door.isAtRest, false);
        told += part;
      }
      const middle = bytesOf(size).toString('base64');
      assert.equal(told, `{"return": {"before": "\\u00E9", "bytes": "${middle}", "after": "end"}}\n`);
      assert.equal(bytes.released, index + 1);
      assert.equal(door.isAtRest, true);
    }
  });

  it('a host that reads as fast as we write gets all, in more than one turn', async () => {
    const { channel } = await open(new FakeChannel(Infinity));
    channel.say(`{"execute":"guest-bytes","arguments":{"size":3000000}}${PING}`);
    await tick();
    const first = channel.drain();
    assert.ok(first.length > 31 * 65_536 && first.length <= 32 * 65_536, String(first.length));
    assert.equal(channel.paused, true);
    await tick();
    const middle = bytesOf(3_000_000).toString('base64');
    const all = `{"return": {"before": "\\u00E9", "bytes": "${middle}", "after": "end"}}\n${PONG}`;
    assert.ok(first + channel.drain() === all);
    assert.equal(channel.paused, false);
  });

  it('file data whose host has gone in the middle is not given to the next host', async () => {
    for (const highWater of [0, Infinity]) {
      const { channel } = await open(new FakeChannel(highWater));
      channel.say('{"execute":"guest-bytes","arguments":{"size":3000000}}');
      await tick();
      channel.drain();
      channel.disconnect();
      channel.connect();
      channel.drain(); // what this double still has of the first one
      channel.say(PING);
      await tick();
      assert.equal(channel.drain(), PONG);
    }
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
