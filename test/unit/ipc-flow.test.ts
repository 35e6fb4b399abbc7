import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  MAX_CREDIT_BYTES,
  STREAM_CHUNK_BYTES,
  STREAM_WINDOW_BYTES,
  StreamReceiver,
  StreamSender,
} from '#protocol/ipc/flow.ts';
import { random } from '#test/support/random.ts';

const ALL = 100 * 1024 * 1024;

describe('stream sender', () => {
  it('sends nothing before it has credit', () => {
    assert.equal(new StreamSender().nextChunk(ALL), 0);
  });

  it('sends chunks of at most 64 KiB until the credit is used', () => {
    const sender = new StreamSender();
    sender.credited(STREAM_CHUNK_BYTES + 10);
    assert.deepEqual(
      [sender.nextChunk(ALL), sender.nextChunk(ALL), sender.nextChunk(ALL)],
      [STREAM_CHUNK_BYTES, 10, 0],
    );
    sender.credited(5);
    assert.deepEqual([sender.nextChunk(3), sender.nextChunk(3), sender.nextChunk(3)], [3, 2, 0]);
  });

  it('sends nothing after its end, and ends once', () => {
    const sender = new StreamSender();
    sender.credited(10);
    assert.equal(sender.end(), true);
    assert.equal(sender.nextChunk(1), 0);
    assert.equal(sender.end(), false);
    assert.equal(sender.stopped(), false);
    sender.credited(0);
  });

  it('answers a stop with its own end', () => {
    const sender = new StreamSender();
    assert.equal(sender.stopped(), true);
    assert.equal(sender.isOpen, false);
    assert.equal(sender.stopped(), false);
  });

  it('is not given more credit than a receiver can mean', () => {
    assert.throws(() => new StreamSender().credited(0), { code: 'malformed' });
    const sender = new StreamSender();
    sender.credited(MAX_CREDIT_BYTES);
    assert.throws(() => sender.credited(1), { code: 'malformed' });
  });
});

describe('stream receiver', () => {
  const opened = (maxBytes = ALL) => {
    const receiver = new StreamReceiver({ maxBytes });
    assert.equal(receiver.nextCredit(), STREAM_WINDOW_BYTES);
    return receiver;
  };

  it('takes nothing before it gave credit', () => {
    assert.throws(() => new StreamReceiver({ maxBytes: ALL }).received(1), { code: 'malformed' });
  });

  it('takes what it gave credit for, and not a byte more', () => {
    const receiver = opened();
    for (let bytes = 0; bytes < STREAM_WINDOW_BYTES; bytes += STREAM_CHUNK_BYTES) {
      assert.equal(receiver.received(STREAM_CHUNK_BYTES), 'keep');
    }
    assert.throws(() => receiver.received(1), { code: 'malformed' });
  });

  it('takes no empty chunk, which would cost nothing, and none beyond 64 KiB', () => {
    for (const bytes of [0, STREAM_CHUNK_BYTES + 1])
      assert.throws(() => opened().received(bytes), { code: 'malformed' });
  });

  it('gives credit for what was consumed, half a window at a time', () => {
    const receiver = opened();
    for (let bytes = STREAM_CHUNK_BYTES; bytes <= STREAM_WINDOW_BYTES / 2; bytes += STREAM_CHUNK_BYTES) {
      receiver.received(STREAM_CHUNK_BYTES);
      assert.equal(receiver.nextCredit(), 0);
      receiver.consumed(STREAM_CHUNK_BYTES);
    }
    assert.equal(receiver.nextCredit(), STREAM_WINDOW_BYTES / 2);
    assert.equal(receiver.nextCredit(), 0);
  });

  it('says when the stream is longer than allowed', () => {
    const receiver = opened(10);
    assert.equal(receiver.received(10), 'keep');
    assert.equal(receiver.received(1), 'too-large');
    assert.equal(receiver.stop(), true);
  });

  it('drops what was on its way when it stopped, gives no more credit, and stops once', () => {
    const receiver = opened();
    assert.equal(receiver.stop(), true);
    assert.equal(receiver.received(STREAM_CHUNK_BYTES), 'drop');
    receiver.consumed(STREAM_WINDOW_BYTES);
    assert.equal(receiver.nextCredit(), 0);
    assert.equal(receiver.stop(), false);
    receiver.ended();
    assert.equal(receiver.stop(), false);
  });

  it('hears the end once and nothing after it', () => {
    const receiver = opened();
    receiver.ended();
    assert.equal(receiver.state, 'ended');
    assert.throws(() => receiver.received(1), { code: 'malformed' });
    assert.throws(() => receiver.ended(), { code: 'malformed' });
  });
});

it('a stream of any length arrives in any order of events, with never more than a window on its way', () => {
  for (let seed = 1; seed <= 200; seed++) transfer(seed);
});

type Frame = { readonly data: number } | 'end';

/** Sender, wire, receiver and a slow consumer, each taking its step when chance says so. */
function transfer(seed: number): void {
  const below = random(seed);
  const length = below(4 * STREAM_WINDOW_BYTES);
  const sender = new StreamSender();
  const receiver = new StreamReceiver({ maxBytes: length });
  const data: Frame[] = [];
  const credit: number[] = [];
  let unsent = length;
  let held = 0;
  const steps: (() => boolean)[] = [
    () => {
      const bytes = sender.nextChunk(Math.min(unsent, 1 + below(2 * STREAM_CHUNK_BYTES)));
      unsent -= bytes;
      if (bytes > 0) data.push({ data: bytes });
      else if (unsent > 0 || !sender.end()) return false;
      else data.push('end');
      return true;
    },
    () => {
      const frame = data.shift();
      if (frame === 'end') receiver.ended();
      else if (frame !== undefined) {
        assert.equal(receiver.received(frame.data), 'keep');
        held += frame.data;
      }
      return frame !== undefined;
    },
    () => {
      const bytes = below(held + 1);
      held -= bytes;
      receiver.consumed(bytes);
      return held > 0 || bytes > 0;
    },
    () => {
      const bytes = receiver.nextCredit();
      if (bytes > 0) credit.push(bytes);
      return bytes > 0;
    },
    () => {
      const bytes = credit.shift();
      if (bytes !== undefined) sender.credited(bytes);
      return bytes !== undefined;
    },
  ];
  let isMoving = true;
  while (isMoving || receiver.state === 'open') {
    assert.ok(isMoving, `seed ${seed}: stuck with ${unsent} bytes unsent`);
    // Some steps by chance, then each in turn, so that only a real standstill counts as one.
    for (let count = 0; count < 5; count++) steps[below(steps.length)]?.();
    isMoving = steps.map((step) => step()).some(Boolean);
    const onTheWay = data.reduce((sum, frame) => sum + (frame === 'end' ? 0 : frame.data), held);
    assert.ok(onTheWay <= STREAM_WINDOW_BYTES, `seed ${seed}: ${onTheWay} bytes held`);
  }
  assert.equal(receiver.total, length);
}
