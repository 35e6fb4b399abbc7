import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteCollector } from '#shared/bytes/collector.ts';

describe('byte collector', () => {
  it('gives back what was added, however small the parts', () => {
    const collector = new ByteCollector(100_000);
    const expected = Buffer.alloc(100_000, 'abcdefg');
    for (const byte of expected) collector.add(Uint8Array.of(byte));
    assert.deepEqual(collector.take(), expected);
    assert.equal(collector.length, 0);
  });

  it('holds memory for what came, not for what was announced', () => {
    const collector = new ByteCollector(2 ** 32 - 1);
    collector.add(Buffer.alloc(10_000));
    assert.ok(collector.take().buffer.byteLength <= 20_000);
  });

  it('never holds more than the announced size', () => {
    const collector = new ByteCollector(10_001);
    collector.add(Buffer.alloc(10_000));
    collector.add(Buffer.alloc(1));
    assert.equal(collector.take().buffer.byteLength, 10_001);
  });

  it('does not keep the memory that was added', () => {
    const part = Buffer.from('abc');
    const collector = new ByteCollector(3);
    collector.add(part);
    part.fill(0);
    assert.equal(collector.take().toString(), 'abc');
  });

  it('is not handed more than its limit', () => {
    assert.throws(() => new ByteCollector(2).add(Buffer.alloc(3)), RangeError);
  });
});
