import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { collectSoon } from '#shared/lifecycle/garbage.ts';

describe('memory is given back', () => {
  const gc = mock.fn<NonNullable<typeof globalThis.gc>>();
  const before = globalThis.gc;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    gc.mock.resetCalls();
    globalThis.gc = gc;
  });
  afterEach(() => {
    mock.timers.reset();
    globalThis.gc = before;
  });

  it('ten seconds after it was asked for the last time, and once; and again when it is asked for again', () => {
    collectSoon();
    mock.timers.tick(6000);
    collectSoon();
    mock.timers.tick(9999);
    assert.equal(gc.mock.callCount(), 0);
    mock.timers.tick(1);
    assert.equal(gc.mock.callCount(), 1);
    mock.timers.tick(60_000);
    assert.equal(gc.mock.callCount(), 1);
    collectSoon();
    mock.timers.tick(10_000);
    assert.equal(gc.mock.callCount(), 2);
  });

  it('not at all where the runtime does not offer it', () => {
    globalThis.gc = undefined;
    collectSoon();
    mock.timers.tick(60_000);
    assert.equal(gc.mock.callCount(), 0);
  });
});
