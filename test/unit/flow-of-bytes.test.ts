import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BLOCK_BYTES } from '#shared/bytes/blocks.ts';
import { Flow, wholeOf } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { random } from '#test/support/random.ts';

const LENGTH = 300_000;
const SENT = Buffer.from(Uint8Array.from({ length: LENGTH }, (_, at) => (at * 7) ^ (at >> 8)));

for (const size of [undefined, LENGTH]) {
  it(`whoever reads gets everything, whenever it begins, of ${size ?? 'any number of'} bytes`, async () => {
    const seed = Math.trunc(Math.random() * 1e9);
    const chance = random(seed);
    const flow = new Flow(size);
    const readers = [flow.read()];
    const got: Buffer[][] = [[]];
    const readSome = () => {
      for (const [index, reader] of readers.entries()) {
        if (chance(3) === 0) got[index]?.push(Buffer.from(reader.take(1 + chance(100_000))));
      }
    };
    for (let at = 0; at < LENGTH; ) {
      const length = 1 + chance(chance(2) === 0 ? 3000 : 70_000);
      const part = Uint8Array.from(SENT.subarray(at, at + length));
      at += part.length;
      const isOurs = chance(2) === 0;
      flow.add(part, isOurs);
      if (!isOurs) part.fill(0); // somebody else's again
      if (chance(4) === 0 && readers.length < 4) {
        readers.push(flow.read());
        got.push([]);
      }
      readSome();
    }
    assert.equal(flow.isWhole, false);
    flow.finish();
    while (readers.some(({ available }) => available > 0)) readSome();
    for (const parts of got) assert.ok(Buffer.concat(parts).equals(SENT), `seed ${seed}`);
    assert.ok((await wholeOf(flow)).equals(SENT), `seed ${seed}`);
    assert.equal(flow.length, LENGTH);
  });
}

it('memory follows what came, however small the parts and however much is announced', () => {
  const flow = new Flow(1e9);
  for (let part = 0; part < 1000; part++) {
    flow.add(Buffer.alloc(20_000), true);
    flow.add(Buffer.alloc(1), true);
  }
  const reader = flow.read();
  let held = 0;
  const seen = new Set<ArrayBufferLike>();
  for (let part = reader.take(1e9); part.length > 0; part = reader.take(1e9)) {
    if (!seen.has(part.buffer)) held += part.buffer.byteLength;
    seen.add(part.buffer);
  }
  assert.ok(held < 2 * flow.arrived + 100_000, `${held} bytes for ${flow.arrived}`);
});

it('what is shorter or longer than announced has failed', async () => {
  for (const length of [9, 11]) {
    const flow = new Flow(10);
    flow.add(Buffer.alloc(length));
    flow.finish();
    assert.equal(flow.failure?.code, 'failed');
    await assert.rejects(wholeOf(flow), { code: 'failed' });
  }
});

it('what nobody wants any more is stopped, once, when the last reader leaves', () => {
  let stops = 0;
  const flow = new Flow(10, () => stops++);
  const [first, second] = [flow.read(), flow.read()];
  first.stop();
  first.stop();
  assert.equal(stops, 0);
  second.stop();
  second.stop();
  assert.equal(stops, 1);
  assert.equal(flow.failure?.code, 'cancelled');
  flow.add(Buffer.alloc(5));
  assert.equal(flow.arrived, 0);
});

it('the end is told to those who wait for it, and only the first one counts', async () => {
  const flow = new Flow();
  const told: string[] = [];
  flow.onNews(() => told.push(flow.hasEnded ? 'end' : 'more'));
  const whole = assert.rejects(wholeOf(flow), { code: 'cancelled' });
  flow.add(Buffer.from('x'));
  flow.fail(new AgentError('cancelled', 'gone'));
  flow.finish();
  await whole;
  assert.deepEqual(told, ['more', 'end']);
});

describe('once it is known who reads', () => {
  const count = 20;

  it('what all have released serves again, and each of them gets everything', () => {
    const flow = new Flow(count * BLOCK_BYTES);
    const readers = [flow.read(), flow.read()];
    flow.closeToReaders();
    const memory = new Set<ArrayBufferLike>();
    for (let at = 0; at < count; at++) {
      flow.add(Buffer.alloc(BLOCK_BYTES, at + 1));
      for (const reader of readers) {
        const part = reader.take(BLOCK_BYTES);
        assert.ok(Buffer.alloc(BLOCK_BYTES, at + 1).equals(part));
        memory.add(part.buffer);
        reader.release();
      }
    }
    flow.finish();
    assert.ok(flow.isWhole);
    assert.ok(memory.size <= 2, `${memory.size} blocks`);
  });

  it('nothing serves again that somebody may still look at', () => {
    const flow = new Flow(count * BLOCK_BYTES);
    const [slow, quick] = [flow.read(), flow.read()];
    flow.closeToReaders();
    const held: Uint8Array[] = [];
    for (let at = 0; at < count; at++) {
      flow.add(Buffer.alloc(BLOCK_BYTES, at + 1));
      quick.take(BLOCK_BYTES);
      quick.release();
      if (at < 5) held.push(slow.take(BLOCK_BYTES));
      if (at === 5) slow.stop();
    }
    for (const [at, part] of held.entries()) assert.ok(Buffer.alloc(BLOCK_BYTES, at + 1).equals(part));
  });

  it('nobody else may', () => {
    const flow = new Flow(10);
    const reader = flow.read();
    flow.closeToReaders();
    assert.throws(() => flow.read(), /may be forgotten/);
    assert.equal(flow.hasEnded, false);
    reader.stop();
    assert.equal(flow.failure?.code, 'cancelled');
  });

  it('it is stopped when that is nobody', () => {
    let stops = 0;
    new Flow(10, () => stops++).closeToReaders();
    assert.equal(stops, 1);
  });
});
