import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STREAM_CHUNK_BYTES, STREAM_WINDOW_BYTES } from '#protocol/ipc/flow.ts';
import { clipboardGrab } from '#protocol/ipc/messages/clipboard.ts';
import { MAX_STREAMS } from '#protocol/ipc/peer/incoming-streams.ts';
import { STREAM_IDLE_MS } from '#protocol/ipc/peer/outgoing-streams.ts';
import { type Dumb, dumbFrame } from '#test/support/dumb-msgpack.ts';
import { pair, systemEnd } from '#test/support/link/pair.ts';

const GRAB = { selection: 'clipboard', types: ['text'], serial: 0, age: 0 } as const;

function content(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7) ^ (at >> 8)));
}

describe('streams of the link', () => {
  for (const length of [0, 1, STREAM_CHUNK_BYTES, STREAM_CHUNK_BYTES + 1, STREAM_WINDOW_BYTES * 3 + 5]) {
    it(`${length} bytes arrive as they were sent`, async () => {
      const { system, session, flow, timers } = pair();
      await flow();
      const sent = content(length);
      const received = system.peer.receiveStream(session.peer.sendStream(sent), length, 1000);
      await flow();
      assert.ok((await received).equals(sent));
      assert.equal(timers.count, 0);
      assert.equal(system.peer.counters.illegal + session.peer.counters.illegal, 0);
    });
  }

  it('nothing flows before it is wanted, and no more than a window until it is read', async () => {
    const { system, session, flow } = pair();
    await flow();
    session.highWater = 2 * STREAM_WINDOW_BYTES;
    session.peer.sendStream(content(1_000_000));
    assert.equal(session.waiting, 0);
    const received = system.peer.receiveStream(0, 1_000_000, 1000);
    session.peer.receive(system.take());
    assert.ok(session.waiting >= STREAM_WINDOW_BYTES && session.waiting < STREAM_WINDOW_BYTES + 1000);
    await flow();
    assert.equal((await received).length, 1_000_000);
  });

  it('messages pass between the chunks', async () => {
    const { system, session, flow } = pair();
    await flow();
    let heard = 0;
    system.peer.on(clipboardGrab, () => heard++);
    const received = system.peer.receiveStream(session.peer.sendStream(content(1_000_000)), 1_000_000, 1000);
    session.peer.receive(system.take());
    session.peer.notify(clipboardGrab, GRAB);
    system.peer.receive(session.take());
    assert.equal(heard, 1);
    await flow();
    await received;
  });

  it('many at once share the link, and never fill it so that messages are lost', async () => {
    const { system, session, flow } = pair();
    await flow();
    const sent = Array.from({ length: MAX_STREAMS }, (_, index) => content(500_000 + index));
    const ids = sent.map((one) => session.peer.sendStream(one));
    assert.throws(() => session.peer.sendStream(content(1)), { code: 'refused' });
    const received = Promise.all(ids.map((id) => system.peer.receiveStream(id, 1_000_000, 1000)));
    await assert.rejects(system.peer.receiveStream(99, 1, 1000), { code: 'refused' });
    session.peer.receive(system.take());
    assert.ok(session.waiting < 256 * 1024 + 2 * STREAM_CHUNK_BYTES);
    assert.ok(session.peer.notify(clipboardGrab, GRAB));
    await flow();
    assert.deepEqual(await received, sent);
  });

  it('longer than allowed: stopped, refused, and the id is free again', async () => {
    const { system, session, flow, timers } = pair();
    await flow();
    const received = assert.rejects(system.peer.receiveStream(session.peer.sendStream(content(70_000)), 69_999, 1000), {
      code: 'refused',
    });
    await flow();
    await received;
    assert.equal(timers.count, 0);
    const next = Array.from({ length: MAX_STREAMS }, () =>
      system.peer.receiveStream(session.peer.sendStream(content(1)), 1, 1000),
    );
    await flow();
    assert.equal((await Promise.all(next)).length, MAX_STREAMS);
  });

  it('too slow: stopped at the deadline', async () => {
    const { system, session, flow, timers } = pair();
    await flow();
    const received = assert.rejects(system.peer.receiveStream(session.peer.sendStream(content(10)), 10, 1000), {
      code: 'timeout',
    });
    timers.advance(1000);
    await received;
    await flow();
    assert.equal(timers.count, 0);
    assert.equal(session.peer.counters.illegal + system.peer.counters.illegal, 0);
  });

  it('that nobody takes are given up, and who comes later is told at once', async () => {
    const { system, session, flow, timers } = pair();
    await flow();
    const id = session.peer.sendStream(content(10));
    timers.advance(STREAM_IDLE_MS);
    assert.equal(timers.count, 0);
    await flow();
    await assert.rejects(system.peer.receiveStream(id, 10, 1000), { code: 'cancelled' });
  });

  it('either side can call one off', async () => {
    const { system, session, flow, timers } = pair();
    await flow();
    const sending = new AbortController();
    const reading = new AbortController();
    const first = session.peer.sendStream(content(1_000_000), sending.signal);
    const second = session.peer.sendStream(content(1_000_000));
    const received = Promise.allSettled([
      system.peer.receiveStream(first, 1_000_000, 1000),
      system.peer.receiveStream(second, 1_000_000, 1000, reading.signal),
    ]);
    session.peer.receive(system.take());
    sending.abort();
    reading.abort();
    await flow();
    for (const result of await received) assert.equal(result.status === 'rejected' && result.reason.code, 'cancelled');
    assert.equal(timers.count, 0);
  });

  it('one is read once', async () => {
    const { system, session, flow } = pair();
    await flow();
    const id = session.peer.sendStream(content(10));
    const received = system.peer.receiveStream(id, 10, 1000);
    await assert.rejects(system.peer.receiveStream(id, 10, 1000), { code: 'refused' });
    await flow();
    await received;
  });
});

describe('streams of an attacker', () => {
  function attacked() {
    const end = systemEnd();
    const body = { oldest: 1, newest: 1, build: 'x', display: 'none', features: [] };
    end.peer.receive(dumbFrame({ kind: 'notification', name: 'hello', body }));
    end.take();
    const say = (frame: Dumb) => {
      end.peer.receive(dumbFrame(frame));
      end.timers.advance(0);
    };
    return { end, say };
  }

  const BROKEN: Readonly<Record<string, Dumb>> = {
    'more than the credit': { kind: 'stream-data', id: 5, body: Buffer.alloc(STREAM_CHUNK_BYTES + 1) },
    'an empty chunk': { kind: 'stream-data', id: 5, body: Buffer.alloc(0) },
  };
  for (const [name, frame] of Object.entries(BROKEN)) {
    it(`${name} ends the connection and the stream`, async () => {
      const { end, say } = attacked();
      const received = assert.rejects(end.peer.receiveStream(5, 1_000_000, 1000), { code: 'cancelled' });
      say(frame);
      assert.equal(end.broken?.code, 'malformed');
      await received;
    });
  }

  it('credit without end ends the connection', () => {
    const { end, say } = attacked();
    end.peer.sendStream(content(1000));
    say({ kind: 'stream-credit', id: 0, body: 0xffff_ffff });
    assert.equal(end.broken?.code, 'malformed');
  });

  it('credit that is given and never read takes no memory', () => {
    const { end, say } = attacked();
    end.peer.sendStream(content(8 * 1024 * 1024));
    say({ kind: 'stream-credit', id: 0, body: 8 * 1024 * 1024 });
    assert.ok(end.waiting < 256 * 1024 + 2 * STREAM_CHUNK_BYTES);
  });

  it('endings without a stream are remembered up to a bound', async () => {
    const { end, say } = attacked();
    for (let id = 0; id < 100_000; id++) end.peer.receive(dumbFrame({ kind: 'stream-abort', id }));
    await assert.rejects(end.peer.receiveStream(99_999, 1, 10), { code: 'cancelled' });
    const forgotten = assert.rejects(end.peer.receiveStream(0, 1, 10), { code: 'timeout' });
    end.timers.advance(10);
    await forgotten;
    say({ kind: 'cancel', id: 1 });
    assert.ok(end.peer.isUp);
  });

  it('a stream that is stopped and never ended keeps only its own place', async () => {
    const { end, say } = attacked();
    for (let id = 0; id < MAX_STREAMS; id++) {
      const received = assert.rejects(end.peer.receiveStream(id, 10, 10), { code: 'timeout' });
      end.timers.advance(10);
      await received;
    }
    await assert.rejects(end.peer.receiveStream(99, 10, 10), { code: 'refused' });
    say({ kind: 'stream-data', id: 3, body: Buffer.alloc(100) });
    say({ kind: 'stream-end', id: 3 });
    const again = end.peer.receiveStream(99, 10, 10);
    say({ kind: 'stream-end', id: 99 });
    assert.equal((await again).length, 0);
  });
});
