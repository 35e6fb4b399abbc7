import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Spare } from '#shared/bytes/spare.ts';

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
