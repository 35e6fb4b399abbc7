import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { clipboardGrab, clipboardRead } from '#protocol/ipc/messages/clipboard.ts';
import { monitorsConfigure } from '#protocol/ipc/messages/monitors.ts';
import { Flow, wholeOf } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { writeAvailable } from '#shared/native/descriptor.ts';
import { connectUnix } from '#shared/native/unix-socket.ts';
import { type Dumb, dumbFrame } from '#test/support/dumb-msgpack.ts';
import { type Chance, cut, fuzz, mutate, pick, randomBytes } from '#test/support/fuzz.ts';
import { LinkHost } from '#test/support/link/link-host.ts';
import { pair, systemEnd } from '#test/support/link/pair.ts';
import { random } from '#test/support/random.ts';
import { until } from '#test/support/until.ts';

const MILLISECONDS = process.env.CI ? 10_000 : 2_000;
const MEMORY_BYTES = 64 * 1024 * 1024;
/** What breaking the rules may be called; anything else is a bug of ours. */
const REASONS = ['malformed', 'refused', 'timeout'];

const HELLO: Dumb = {
  kind: 'notification',
  name: 'hello',
  body: { oldest: 1, newest: 1, build: 'x', display: 'x11', features: ['monitors'], session: '2' },
};

/** Frames of every kind with ids that meet often, and members that are sometimes missing. */
function frame(chance: Chance): Dumb {
  const id = chance(4);
  const body = { selection: 'clipboard', type: 'text', types: ['text'], maxBytes: chance(100) };
  return pick<Dumb>(
    [
      HELLO,
      { kind: 'notification', name: 'clipboard.grab', body },
      { kind: 'notification', name: 'pointer.layout', body: { width: 1, height: 1, displays: [] } },
      { kind: 'request', id, name: 'clipboard.read', body },
      { kind: 'response', id, body: { applied: true } },
      { kind: 'error', id, body: { code: 'failed', message: 'x' } },
      { kind: 'cancel', id },
      { kind: 'stream-data', id, body: Buffer.alloc(chance(70_000)) },
      { kind: 'stream-end', id },
      { kind: 'stream-abort', id },
      { kind: 'stream-credit', id, body: chance(100_000) },
      { kind: 'stream-stop', id },
      { kind: pick(['later', '', 'hello', '__proto__'], chance), id },
    ],
    chance,
  );
}

/** Content that is still coming, and does not come to its end. */
function halfOf(chance: Chance): Flow {
  const flow = new Flow(chance(2) === 0 ? 400_000 : undefined);
  flow.add(Buffer.alloc(chance(200_000)));
  return flow;
}

function dialogue(chance: Chance): Uint8Array {
  const frames = Array.from({ length: chance(12) }, () => dumbFrame(frame(chance)));
  const bytes = Buffer.concat([dumbFrame(HELLO), ...frames]);
  return chance(2) === 0 ? bytes : mutate(bytes.subarray(0, 2000), chance);
}

fuzz('an end of the link that hears anything ends as malformed or goes on, and holds little', (chance) => {
  const end = systemEnd();
  end.peer.on(clipboardGrab, () => {});
  end.peer.handle(clipboardRead, async () => ({ stream: undefined, why: undefined }));
  const bytes = dialogue(chance);
  const parts = cut(bytes, chance);
  for (const [index, part] of parts.entries()) {
    end.peer.receive(part);
    if (index !== 0 || !end.peer.isUp) continue;
    end.peer.sendStream(chance(2) === 0 ? Buffer.alloc(chance(200_000)) : halfOf(chance));
    end.peer.receiveStream(chance(4), chance(100_000), 1000).catch(() => {});
    end.peer.call(monitorsConfigure, { monitors: [], positioned: false }, 1000).catch(() => {});
  }
  end.timers.advance(60_000);
  assert.deepEqual(end.bugs, []);
  assert.ok(end.broken === undefined || REASONS.includes(end.broken.code), end.broken?.stack);
  assert.ok(end.waiting < 1024 * 1024);
  end.peer.close();
});

fuzz('content that comes in any parts over any link arrives whole or not at all', async (chance) => {
  const { system, session, flow } = pair();
  await flow();
  const sent = randomBytes(chance(300_000), chance);
  const content = new Flow(chance(2) === 0 ? sent.length : undefined);
  const id = session.peer.sendStream(content);
  const maxBytes = chance(4) === 0 ? chance(sent.length + 1) : sent.length;
  const size = [undefined, sent.length, chance(300_000)][chance(3)];
  const received = takeStream(() => system.peer.openStream(id, { maxBytes, size, idleMs: 1000 }));
  let ending: 'whole' | 'failed' | 'stopped' = 'whole';
  for (let at = 0; at < sent.length && ending === 'whole'; ) {
    const part = Uint8Array.from(sent.subarray(at, at + 1 + chance(80_000)));
    at += part.length;
    content.add(part, chance(2) === 0);
    if (chance(3) === 0) await flow();
    if (chance(40) === 0) ending = chance(2) === 0 ? 'failed' : 'stopped';
  }
  if (ending === 'failed') content.fail(new AgentError('cancelled', 'the owner has gone'));
  else if (ending === 'stopped') received?.stop();
  content.finish();
  await flow();
  const whole = received && (await wholeOf(received).catch(() => undefined));
  const fits = sent.length <= maxBytes && (size === undefined || size === sent.length);
  if (ending === 'whole' && fits) assert.ok(whole?.equals(sent));
  else assert.ok(whole === undefined || whole.equals(sent));
  if (!fits) assert.equal(whole, undefined);
  assert.equal(system.broken ?? session.broken, undefined);
  assert.equal(system.peer.counters.illegal + session.peer.counters.illegal, 0);
  system.peer.close();
  session.peer.close();
});

it('a link server that is given garbage serves on, and its memory stays', { timeout: 60_000 }, async () => {
  await using host = await LinkHost.start();
  const client = await host.connected();
  client.handle(monitorsConfigure, async () => ({ applied: true, why: undefined }));
  await until(() => host.server.link.served !== undefined);
  const agent = host.server.link.served?.agent;
  assert.ok(agent);
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000);
  const chance = random(seed);
  const before = memory();
  const end = Date.now() + MILLISECONDS;
  const open: number[] = [];
  while (Date.now() < end) {
    open.push(connectUnix(host.path));
    const bytes = chance(3) === 0 ? randomBytes(chance(200), chance) : dialogue(chance);
    for (const part of cut(bytes, chance)) {
      try {
        for (const fd of open.slice(-1)) writeAvailable(fd, part);
      } catch {
        break; // it has been closed already
      }
      if (chance(4) === 0) await turn();
    }
    if (open.length > 8) for (const fd of open.splice(chance(8), 1 + chance(4))) closeSync(fd);
    await turn();
    const { accepted } = host.server.counters;
    if (accepted % 50 === 0) await agent.link.call(monitorsConfigure, { monitors: [], positioned: false }, 10_000);
  }
  for (const fd of open) closeSync(fd);
  const answer = await agent.link.call(monitorsConfigure, { monitors: [], positioned: false }, 10_000);
  assert.ok(answer.applied, `FUZZ_SEED=${seed}`);
  assert.equal(host.server.link.served?.agent, agent, `FUZZ_SEED=${seed}`);
  assert.ok(host.server.counters.refused > 0);
  assert.deepEqual(
    host.log.lines.filter(({ level }) => level === 'error'),
    [],
  );
  assert.ok(memory() - before < MEMORY_BYTES, `FUZZ_SEED=${seed}: memory grew by ${memory() - before} bytes`);
});

/** @returns undefined when it is refused at once */
function takeStream(take: () => Flow): Flow | undefined {
  try {
    return take();
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
