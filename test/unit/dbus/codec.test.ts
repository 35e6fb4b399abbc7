import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode, encode, type Message } from '#shared/dbus/codec.ts';
import { MAX_MESSAGE_BYTES, MessageFrames } from '#shared/dbus/frames.ts';
import { tuple, type Value, Variant } from '#shared/dbus/values.ts';
import { integer, text } from '#shared/schema/record.ts';
import { splits } from '#test/support/splits.ts';

function roundTrip(signature: string, ...body: Value[]): readonly Value[] | undefined {
  return decode(encode({ type: 'signal', serial: 1, path: '/', interface: 'a.b', member: 'C', signature, body }))?.body;
}

const call: Message = {
  type: 'call',
  serial: 7,
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'Hello',
  body: [],
};

describe('D-Bus messages', () => {
  it('keep values of every type', () => {
    assert.deepEqual(roundTrip('ybnqiu', 255, true, -3, 65535, -(2 ** 31), 2 ** 32 - 1), [
      255,
      true,
      -3,
      65535,
      -(2 ** 31),
      2 ** 32 - 1,
    ]);
    assert.deepEqual(roundTrip('xtd', -(2n ** 63n) + 1n, 2n ** 64n - 1n, 0.5), [
      -(2n ** 63n) + 1n,
      2n ** 64n - 1n,
      0.5,
    ]);
    assert.deepEqual(roundTrip('sog', 'ü', '/a/b', 'a{sv}'), ['ü', '/a/b', 'a{sv}']);
    assert.deepEqual(roundTrip('aya(si)', Buffer.from([1, 2]), [['a', 1]]), [Buffer.from([1, 2]), [['a', 1]]]);
  });

  it('give variants as their content, and dictionaries as maps whatever their keys are called', () => {
    const sent = new Map([
      ['__proto__', new Variant('(us)', [1, 'x'])],
      ['b', new Variant('v', new Variant('as', ['y']))],
    ]);
    assert.deepEqual(roundTrip('a{sv}', sent), [
      new Map<string, Value>([
        ['__proto__', [1, 'x']],
        ['b', ['y']],
      ]),
    ]);
  });

  it('refuse to be written with a body that does not fit', () => {
    for (const [signature, value] of [
      ['s', 1],
      ['u', -1],
      ['v', 'bare'],
      ['a{sv}', ['x']],
      ['(ss)', ['x']],
      ['as', 'x'],
      ['h', 0],
      ['x', -(2n ** 63n)],
      ['', 'one too many'],
    ] as const) {
      assert.throws(() => roundTrip(signature, value), { code: 'invalid-argument' }, `${signature}`);
    }
  });

  for (const [what, signature, length] of [
    ['an array of empty structs', 'a()', 8],
    ['an array of empty dictionary entries', 'a{}', 8],
    ['an array of structs without members', 'ar', 8],
    ['an array that is longer than the message', 'a(y)', 0xffff_fff0],
  ] as const) {
    it(`are malformed with ${what}, and reading ends`, () => {
      const numbers = 'u'.repeat(signature.length);
      const body = [length, ...Array.from(numbers.slice(1), () => 0)];
      const bytes = encode({ ...call, signature: numbers, body });
      bytes.write(signature, bytes.indexOf(`${numbers}\0`));
      assert.throws(() => decode(bytes), { code: 'malformed' });
    });
  }

  it('are malformed with a text that is longer than the message, and reading ends', () => {
    const bytes = encode({ ...call, signature: 'as', body: [['text', 'more']] });
    bytes.writeUInt32LE(0xffff_fff0, bytes.indexOf('text') - 4);
    assert.throws(() => decode(bytes), { code: 'malformed' });
  });

  it('are malformed when they are nested deeper than the specification allows', () => {
    const nested = (depth: number): Value => {
      let value: Value = 'inside';
      for (let level = 1; level < depth; level++) value = new Variant(level === 1 ? 's' : 'v', value);
      return value;
    };
    assert.deepEqual(roundTrip('v', nested(60)), ['inside']);
    assert.throws(() => roundTrip('v', nested(70)), { code: 'malformed' });
  });

  it('are malformed, and nothing else, when they are cut or overwritten', () => {
    const bytes = encode({ ...call, signature: 'a{sv}s', body: [new Map([['k', new Variant('as', ['v'])]]), 'tail'] });
    for (let end = 0; end < bytes.length; end++) check(bytes.subarray(0, end));
    for (let at = 0; at < bytes.length; at++) {
      for (const byte of [0, 1, 40, 97, 104, 118, 255]) {
        const broken = Buffer.from(bytes);
        broken[at] = byte;
        check(broken);
      }
    }
    function check(broken: Buffer): void {
      try {
        decode(broken);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'malformed');
      }
    }
  });
});

describe('the byte stream of a bus', () => {
  const messages = [encode(call), encode({ ...call, serial: 8, signature: 's', body: ['text'] })];
  const stream = Buffer.concat(messages);

  it('gives the same messages however it is cut', () => {
    for (const parts of splits(stream)) {
      const frames = new MessageFrames();
      const got: Buffer[] = [];
      for (const part of parts) frames.push(part, (message) => got.push(message));
      assert.deepEqual(got, messages);
    }
  });

  it('is refused at the header of a message beyond the limit, before a byte of it is held', () => {
    const header = Buffer.from(stream.subarray(0, 16));
    header.writeUInt32LE(MAX_MESSAGE_BYTES, 4);
    assert.throws(() => new MessageFrames().push(header, () => {}), { code: 'malformed' });
  });

  it('is refused when it is no D-Bus', () => {
    assert.throws(() => new MessageFrames().push(Buffer.from('HTTP/1.1 400 Bad'), () => {}), { code: 'malformed' });
  });
});

describe('a body', () => {
  it('is believed only in the shape that was asked for', () => {
    const shape = tuple(text(3), integer(0, 9));
    assert.deepEqual(shape.read(['abc', 1], 'body'), ['abc', 1]);
    for (const body of [[], ['abc'], ['abc', 1, 2], ['abcd', 1], [1, 'abc'], undefined]) {
      assert.throws(() => shape.read(body, 'body'), { code: 'malformed' });
    }
  });
});
