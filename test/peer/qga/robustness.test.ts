import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningAgent, startSystemAgent } from '#test/support/agents.ts';
import { LIBVIRT, mutations, PROXMOX } from '#test/support/dialogues.ts';
import { childrenOf, openDescriptors, residentKib } from '#test/support/processes.ts';
import { RawClient } from '#test/support/raw-client.ts';

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}';

describe('our agent with hosts that behave badly', () => {
  let agent: RunningAgent;
  before(async () => {
    agent = await startSystemAgent();
  });
  after(async () => agent[Symbol.asyncDispose]());

  async function stillAnswers(): Promise<void> {
    using client = await RawClient.connect(agent.socket);
    client.send(PING);
    assert.deepEqual(await client.lines(1), [PONG]);
    assert.equal(agent.program.running, true);
  }

  it('a client that closes with unread answers does not end it', async () => {
    for (let round = 0; round < 20; round++) {
      using client = await RawClient.connect(agent.socket);
      client.pause();
      client.send(PING.repeat(1000));
      await sleep(5);
      client.reset();
    }
    await stillAnswers();
  });

  it('a half-closed client still gets all its answers', async () => {
    using client = await RawClient.connect(agent.socket);
    client.send(PING.repeat(500));
    client.finish();
    assert.equal((await client.rest()).toString(), `${PONG}\n`.repeat(500));
  });

  it('a second client waits until the first is gone, and half a request dies with its client', async () => {
    using first = await RawClient.connect(agent.socket);
    first.send(`${PING}{"execute":"guest-sync","arguments":{"id":1`);
    await first.lines(1);
    using second = await RawClient.connect(agent.socket);
    second.send(PING);
    await assert.rejects(withTimeout(second.lines(1), 300));
    first.reset();
    assert.deepEqual(await second.lines(1), [PONG]);
  });

  it('a client that sends and never reads is not read either: memory stays flat', async () => {
    using client = await RawClient.connect(agent.socket);
    client.pause();
    const before = residentKib(agent.program.pid);
    const block = Buffer.from(PING.repeat(40_000));
    for (let count = 0; count < 20; count++) client.send(block);
    await sleep(1500);
    const grown = residentKib(agent.program.pid) - before;
    assert.ok(grown < 40_000, `grew by ${grown} KiB`);
    client.reset();
    await stillAnswers();
  });

  it('64 MiB without an end: one documented error, the next good request works, memory flat over and over', async () => {
    const piece = Buffer.alloc(1 << 20, 'a');
    const sizes: number[] = [];
    for (let round = 0; round < 10; round++) {
      using client = await RawClient.connect(agent.socket);
      client.send('{"execute":"');
      for (let mebibytes = 0; mebibytes < 80; mebibytes++) client.send(piece);
      client.send(`"}\n${PING}`);
      const lines = await client.lines(3);
      assert.match(lines[0] ?? '', /"GenericError", "desc": "JSON token size limit exceeded"/);
      assert.equal(lines.at(-1), PONG);
      sizes.push(residentKib(agent.program.pid));
    }
    // One message's worth may wait for the collector; eight leaked ones would be 500,000.
    assert.ok((sizes.at(-1) ?? 0) - (sizes[1] ?? 0) < 100_000, `resident KiB after each round: ${sizes.join(', ')}`);
  });

  it('an endless stream of open brackets is cut by the nesting limit, over and over', async () => {
    using client = await RawClient.connect(agent.socket);
    client.send('['.repeat(1025 * 3));
    const lines = await client.lines(3);
    for (const line of lines) assert.match(line, /JSON nesting depth limit exceeded/);
    client.send(`\xff${PING}`);
    assert.equal((await client.lines(1)).at(-1), PONG);
  });

  for (const [name, dialogue] of [
    ['libvirt', LIBVIRT],
    ['Proxmox VE', PROXMOX],
  ] as const) {
    it(`a byte gone wrong at every position of a dialogue of ${name}: one sync brings it back`, {
      timeout: 120_000,
    }, async () => {
      using client = await RawClient.connect(agent.socket);
      let id = 100_000;
      for (const mutation of mutations(dialogue)) {
        const request = `{"execute":"guest-sync-delimited","arguments":{"id":${++id}}}\n`;
        const answer = Buffer.from(`\xff{"return": ${id}}\n`, 'latin1');
        client.send(Buffer.concat([mutation.bytes, Buffer.of(0xff), Buffer.from(request)]));
        const received = await client.receive((bytes) => bytes.subarray(-answer.length).equals(answer));
        assert.ok(received.length >= answer.length, mutation.name);
      }
    });
  }

  it('100,000 calls leave descriptors, children and memory where they were', { timeout: 120_000 }, async () => {
    using client = await RawClient.connect(agent.socket);
    const mix =
      '{"execute":"guest-get-osinfo"}{"execute":"guest-network-get-interfaces"}{"execute":"guest-get-users"}{"execute":"nope"}';
    const run = async (count: number) => {
      for (let done = 0; done < count; done += 100) {
        client.send((mix + PING).repeat(20));
        await client.lines(100);
      }
    };
    await run(60_000); // V8 takes once what it needs for this mix
    const before = residentKib(agent.program.pid);
    const descriptors = openDescriptors(agent.program.pid);
    await run(100_000);
    assert.equal(openDescriptors(agent.program.pid), descriptors);
    const grown = residentKib(agent.program.pid) - before;
    assert.ok(grown < 10_000, `grew by ${grown} KiB`);
    assert.deepEqual(childrenOf(agent.program.pid), []);
  });
});

function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return Promise.race([promise, sleep(timeoutMs).then(() => Promise.reject(new Error('no answer in time')))]);
}
