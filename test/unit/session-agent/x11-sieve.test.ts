import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PropertyHead, Sieve } from '#session-agent/desktop/x11/sieve.ts';

const SETUP = Buffer.concat([Buffer.from([1, 0, 11, 0, 0, 0, 2, 0]), Buffer.from('12345678')]);
const VALUE = Buffer.from('thirteen byte');

/** A packet of 32 bytes, and what is behind them. */
function packet(kind: number, sequence: number, { second = 0, rest = Buffer.alloc(0) } = {}): Buffer {
  const head = Buffer.alloc(32, 0xee);
  head.writeUInt8(kind, 0);
  head.writeUInt8(second, 1);
  head.writeUInt16LE(sequence, 2);
  head.writeUInt32LE(rest.length / 4, 4);
  return Buffer.concat([head, rest]);
}

function property(sequence: number, value: Buffer, format = 8): Buffer {
  const padding = Buffer.alloc((4 - (value.length % 4)) % 4, 0xff);
  const reply = packet(1, sequence, { second: format, rest: Buffer.concat([value, padding]) });
  reply.writeUInt32LE(77, 8);
  reply.writeUInt32LE(5, 12);
  reply.writeUInt32LE((value.length * 8) / format, 16);
  return reply;
}

function withoutValue(reply: Buffer): Buffer {
  const head = Buffer.from(reply.subarray(0, 32));
  head.writeUInt32LE(0, 4);
  head.writeUInt32LE(0, 16);
  return head;
}

const EVENT = packet(28, 2).fill(3, 4);
const GENERIC = packet(35, 2, { rest: Buffer.from('more of it!!') });
const ERROR = packet(0, 4).fill(9, 4);
const WANTED = property(3, VALUE);
const OTHER = property(5, VALUE);

describe('what the X server says', () => {
  it('passes but for the values that were asked for, however it is cut', () => {
    const said = Buffer.concat([SETUP, EVENT, GENERIC, WANTED, ERROR, OTHER, EVENT]);
    const passes = Buffer.concat([SETUP, EVENT, GENERIC, withoutValue(WANTED), ERROR, OTHER, EVENT]);
    for (let step = 1; step <= said.length; step++) {
      const sieve = new Sieve();
      const taken: Buffer[] = [];
      let head: PropertyHead | undefined;
      sieve.expect(0x10003, (seen) => {
        head = seen;
        return (part) => taken.push(Buffer.from(part));
      });
      sieve.expect(0x10004, () => assert.fail('an error has no value'));
      const passed: Buffer[] = [];
      for (let at = 0; at < said.length; at += step) {
        const part = Buffer.from(said.subarray(at, at + step));
        passed.push(sieve.push(part));
        part.fill(0); // it is used again
        // Whoever waits for the answer goes on when the value is there.
        const isAnswered = Buffer.concat(passed).length >= SETUP.length + EVENT.length + GENERIC.length + 32;
        if (isAnswered) assert.equal(Buffer.concat(taken).length, VALUE.length);
      }
      assert.deepEqual(head, { type: 77, format: 8, bytesAfter: 5, bytes: VALUE.length });
      assert.equal(Buffer.concat(taken).toString(), VALUE.toString());
      assert.ok(Buffer.concat(passed).equals(passes), `in pieces of ${step}`);
    }
  });

  it('is dropped where it is a value that nobody takes, and empty ones pass at once', () => {
    const sieve = new Sieve();
    sieve.push(SETUP);
    sieve.expect(3, () => undefined);
    assert.ok(sieve.push(WANTED).equals(withoutValue(WANTED)));
    let told = 0;
    sieve.expect(6, () => () => told++);
    const empty = property(6, Buffer.alloc(0));
    assert.ok(sieve.push(empty).equals(empty));
    assert.equal(told, 0);
    assert.ok(sieve.push(EVENT).equals(EVENT));
  });

  it('never gives more than came, whatever the length of a value is said to be', () => {
    const sieve = new Sieve();
    sieve.push(SETUP);
    const lie = property(3, VALUE);
    lie.writeUInt32LE(0xffff_ffff, 16);
    let bytes = 0;
    sieve.expect(3, () => (part) => {
      bytes += part.length;
    });
    sieve.push(lie);
    assert.equal(bytes, 16);
    assert.ok(sieve.push(EVENT).equals(EVENT));
  });
});
