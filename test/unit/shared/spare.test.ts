import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Spare, Spares } from '#shared/bytes/spare.ts';

const LARGE = 1 << 20;

describe('spare memory', () => {
  it('serves again once it is released, for as much or less', () => {
    const spare = new Spare();
    const first = spare.take(LARGE);
    first.release();
    assert.equal(spare.take(LARGE / 2).bytes, first.bytes);
  });

  it('is not given twice at a time', () => {
    const spare = new Spare();
    const first = spare.take(LARGE);
    const second = spare.take(LARGE);
    assert.notEqual(second.bytes.buffer, first.bytes.buffer);
    first.release();
    const third = spare.take(LARGE);
    assert.equal(third.bytes, first.bytes);
    assert.notEqual(spare.take(LARGE).bytes, first.bytes);
  });

  it('has as many bytes as were asked for', () => {
    const spare = new Spare();
    spare.take(LARGE).release();
    for (const size of [0, 1, 4096, LARGE, 2 * LARGE]) assert.ok(spare.take(size).bytes.length >= size);
  });
});

describe('spare memory for several pieces', () => {
  const spares = () => new Spares(LARGE, 2);

  it('serves again once it is given back, whichever view of it that is', () => {
    const memory = spares();
    const [first, second] = [memory.take(LARGE), memory.take(LARGE - 1)];
    assert.notEqual(first.buffer, second.buffer);
    memory.giveBack(first.subarray(12));
    assert.equal(memory.take(LARGE - 2).buffer, first.buffer);
  });

  it('is not given to two, also when it was given back twice', () => {
    const memory = spares();
    const first = memory.take(LARGE);
    memory.giveBack(first);
    memory.giveBack(first);
    assert.notEqual(memory.take(LARGE).buffer, memory.take(LARGE).buffer);
  });

  it('has as many bytes as were asked for, and leaves alone what is not its own', () => {
    const memory = spares();
    for (const size of [0, 1, 4096, LARGE, LARGE + 1]) assert.equal(memory.take(size).length, size);
    const foreign = Buffer.alloc(LARGE);
    memory.giveBack(foreign);
    memory.giveBack(memory.take(4096));
    assert.notEqual(memory.take(LARGE).buffer, foreign.buffer);
  });

  it('is held for so many only', () => {
    const memory = spares();
    const pieces = [1, 2, 3].map(() => memory.take(LARGE));
    for (const piece of pieces) memory.giveBack(piece);
    const again = new Set([1, 2, 3].map(() => memory.take(LARGE).buffer));
    assert.equal(pieces.filter(({ buffer }) => again.has(buffer)).length, 2);
  });
});
