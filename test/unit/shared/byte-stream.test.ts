import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readAvailable } from '#shared/native/descriptor.ts';
import { unixPair } from '#shared/native/unix-socket.ts';
import { ByteStream } from '#shared/socket/byte-stream.ts';
import { until } from '#test/support/until.ts';

const PART = 100_000;

describe('bytes that are lent to a stream', () => {
  it('may change after the call, and the peer reads what they were, in order with all else', async () => {
    const [ours, theirs] = unixPair();
    let drains = 0;
    const events = {
      present: () => {},
      data: () => {},
      drained: () => drains++,
      ended: () => {},
      failed: (error: unknown) => assert.fail(String(error)),
    };
    const stream = new ByteStream(ours, events, { paused: false, device: false, highWater: 1e9 });
    const lent = Buffer.alloc(PART);
    const sent: Buffer[] = [];
    const say = (head: string, value: number) => {
      lent.fill(value);
      sent.push(Buffer.from(head), Buffer.from(lent));
      const hasRoom = stream.write(Buffer.from(head), lent);
      lent.fill(0);
      return hasRoom;
    };
    let value = 1;
    while (say('next', value)) value++; // until the kernel has taken what it takes
    assert.ok(value > 1);
    assert.equal(say('one more', ++value), false);
    stream.write(Buffer.from('the end'));
    sent.push(Buffer.from('the end'));
    const expected = Buffer.concat(sent);
    const got: Buffer[] = [];
    const part = Buffer.alloc(PART);
    let length = 0;
    await until(() => {
      for (let count = readAvailable(theirs, part); count; count = readAvailable(theirs, part)) {
        got.push(Buffer.from(part.subarray(0, count)));
        length += count;
      }
      return length === expected.length;
    });
    assert.ok(Buffer.concat(got).equals(expected));
    await until(() => drains === 1);
    stream.close();
    closeSync(theirs);
  });
});
