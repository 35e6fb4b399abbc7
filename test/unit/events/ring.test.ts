import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AgentEvent } from '#system-agent/events/kinds.ts';
import { EventRing } from '#system-agent/events/ring.ts';

const resumed = (seconds: number): AgentEvent => ({ event: 'RESUMED', data: { seconds } });

/** Five are kept, three are told at once, the first is number 100. */
function ringWith(events: number): EventRing {
  const ring = new EventRing(100, 5, 3);
  for (let number = 0; number < events; number++) ring.add(resumed(number), number);
  return ring;
}

const told = (ring: EventRing, cursor: bigint) => {
  const { events, ...rest } = ring.after(cursor);
  return { ...rest, seqs: events.map(({ seq }) => seq) };
};

describe('ring of events', () => {
  it('an empty one has a cursor to go on with', () => {
    const ring = ringWith(0);
    assert.equal(ring.cursor, 99);
    assert.deepEqual(told(ring, 99n), { cursor: 99, seqs: [], missed: 0, restarted: false });
    ring.add(resumed(1), 5);
    assert.deepEqual(told(ring, 99n), { cursor: 100, seqs: [100], missed: 0, restarted: false });
  });

  it('gives an event with its number and time', () => {
    assert.deepEqual(ringWith(1).after(99n).events, [{ event: 'RESUMED', data: { seconds: 0 }, seq: 100, time: 0 }]);
  });

  it('tells a piece at a time, without a gap', () => {
    const ring = ringWith(5);
    assert.deepEqual(told(ring, 99n), { cursor: 102, seqs: [100, 101, 102], missed: 0, restarted: false });
    assert.deepEqual(told(ring, 102n), { cursor: 104, seqs: [103, 104], missed: 0, restarted: false });
    assert.deepEqual(told(ring, 104n), { cursor: 104, seqs: [], missed: 0, restarted: false });
  });

  it('says how many are lost, once', () => {
    const ring = ringWith(9); // 104 to 108 are kept
    assert.deepEqual(told(ring, 101n), { cursor: 106, seqs: [104, 105, 106], missed: 2, restarted: false });
    assert.deepEqual(told(ring, 103n), { cursor: 106, seqs: [104, 105, 106], missed: 0, restarted: false });
    assert.deepEqual(told(ring, 106n), { cursor: 108, seqs: [107, 108], missed: 0, restarted: false });
  });

  it('0 is the beginning, and says what is forgotten of it', () => {
    assert.deepEqual(told(ringWith(2), 0n), { cursor: 101, seqs: [100, 101], missed: 0, restarted: false });
    assert.deepEqual(told(ringWith(9), 0n), { cursor: 106, seqs: [104, 105, 106], missed: 4, restarted: false });
  });

  it('a cursor of another life, older or newer, gets this one from its beginning', () => {
    for (const cursor of [1n, 98n, 102n, 2n ** 63n - 1n]) {
      assert.deepEqual(told(ringWith(2), cursor), { cursor: 101, seqs: [100, 101], missed: 0, restarted: true });
    }
  });

  it('every cursor of a full round gives each later event exactly once', () => {
    const ring = new EventRing(10, 4, 2);
    let cursor = BigInt(ring.cursor);
    const seen: number[] = [];
    for (let number = 0; number < 40; number++) {
      ring.add(resumed(number), number);
      if (number % 3 !== 2) continue;
      for (;;) {
        const batch = ring.after(cursor);
        assert.equal(batch.missed, 0);
        cursor = BigInt(batch.cursor);
        if (batch.events.length === 0) break;
        seen.push(...batch.events.map(({ seq }) => seq));
      }
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 39 }, (_, at) => at + 10),
    );
  });
});
