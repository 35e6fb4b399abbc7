import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJson } from '#host/qga/reply.ts';
import { readEvents } from '#host/qmp/guest-events.ts';

const TIME = { seconds: 5, microseconds: 6 };

function read(answer: unknown) {
  return readEvents(readJson(Buffer.from(JSON.stringify(answer))));
}

describe('the answer to uga-event-wait', () => {
  it('becomes events with time and data', () => {
    const batch = read({ cursor: 7, missed: 2, events: [{ seq: 7, time: TIME, event: 'FREEZE', data: { a: 1 } }] });
    assert.deepEqual(batch, {
      cursor: 7n,
      missed: 2n,
      restarted: false,
      events: [{ event: 'FREEZE', data: new Map([['a', 1n]]), timestamp: { seconds: 5n, microseconds: 6n } }],
    });
  });

  it('has a cursor, or is refused', () => {
    for (const answer of [{}, [], 5, { cursor: -1 }, { cursor: '1' }, { cursor: 1.5 }, { cursor: 1e300 }]) {
      assert.throws(() => read(answer), { code: 'malformed' }, JSON.stringify(answer));
    }
  });

  it('counts as missed what is no event, and what only the server may say', () => {
    const events = [
      5,
      { time: TIME, event: 'lower', data: {} },
      { time: TIME, event: 'A'.repeat(65) },
      { time: TIME, event: 'UGA_AGENT_DISCONNECTED', data: { reason: 'x' } },
      { time: TIME, event: 'UGA_AGENT_CONNECTED' },
      { time: TIME, event: 'UGA_AGENT_RESTARTED' },
      { time: TIME, event: 'UGA_EVENTS_MISSED', data: { missed: 1 } },
      { time: TIME, event: 'A', data: [] },
      { time: 5, event: 'A' },
      { time: { seconds: -1, microseconds: 0 }, event: 'A' },
      { time: TIME, event: 'GOOD' },
    ];
    const batch = read({ cursor: 1, events });
    assert.deepEqual([batch.events.map(({ event }) => event), batch.missed], [['GOOD'], 10n]);
  });

  it('is bounded in number and in text', () => {
    const many = read({ cursor: 1, events: Array.from({ length: 5000 }, () => ({ time: TIME, event: 'A' })) });
    assert.deepEqual([many.events.length, many.missed], [1024, 3976n]);
    const big = { time: TIME, event: 'A', data: { text: 'x'.repeat(100_000) } };
    const large = read({ cursor: 1, missed: 1, events: [big, big, big, big] });
    assert.deepEqual([large.events.length, large.missed], [2, 3n]);
  });
});
