import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Encodable,
  encodeFrame,
  encodeStreamData,
  FrameReader,
  type IpcMap,
  MAX_FRAME_BYTES,
} from '#protocol/ipc/framing.ts';
import { MAX_DEPTH } from '#protocol/ipc/scan.ts';
import { join, text, u8, u32 } from '#test/support/little-endian.ts';
import { splits } from '#test/support/splits.ts';

function frame(...content: Uint8Array[]): Uint8Array {
  const bytes = join(...content);
  return join(u32(bytes.length), bytes);
}

function read(parts: readonly Uint8Array[], reader = new FrameReader()): IpcMap[] {
  const frames: IpcMap[] = [];
  for (const part of parts) reader.push(part, (whole) => frames.push(whole));
  return frames;
}

/** The map {v: VALUE}, built from the msgpack specification. */
const holding = (...value: Uint8Array[]) => frame(u8(0x81, 0xa1), text('v'), ...value);
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const EMPTY_MAP = u8(0x80);

describe('link frames', () => {
  it('are read alike however the stream is cut', () => {
    const bytes = join(holding(u8(1)), frame(EMPTY_MAP), holding(u8(0xc4, 3), text('abc')));
    const expected = [new Map([['v', 1]]), new Map(), new Map([['v', Buffer.from('abc')]])];
    for (const parts of splits(bytes)) assert.deepEqual(read(parts), expected);
  });

  for (const [hex, value] of [
    ['c0', null],
    ['c2', false],
    ['c3', true],
    ['7f', 127],
    ['e0', -32],
    ['ccff', 255],
    ['cdffff', 65535],
    ['ceffffffff', 4294967295],
    ['cfffffffffffffffff', 18446744073709551615n],
    ['d080', -128],
    ['d18000', -32768],
    ['d280000000', -2147483648],
    ['d38000000000000000', -9223372036854775808n],
    ['ca3fc00000', 1.5],
    ['cb3ff8000000000000', 1.5],
    ['a0', ''],
    ['a3616263', 'abc'],
    ['d903616263', 'abc'],
    ['da0003616263', 'abc'],
    ['db00000003616263', 'abc'],
    ['c4020102', Buffer.of(1, 2)],
    ['c500020102', Buffer.of(1, 2)],
    ['c6000000020102', Buffer.of(1, 2)],
    ['9201c0', [1, null]],
    ['dc00020102', [1, 2]],
    ['dd000000020102', [1, 2]],
    ['81a16101', new Map([['a', 1]])],
    ['de0001a16101', new Map([['a', 1]])],
    ['df00000001d9016101', new Map([['a', 1]])],
    ['81a95f5f70726f746f5f5f01', new Map([['__proto__', 1]])],
  ] as const) {
    it(`hold ${hex}`, () => {
      assert.deepEqual(read([holding(bytesOf(hex))]), [new Map([['v', value]])]);
    });

    it(`hold ${hex} whole or not at all`, () => {
      for (let length = 0; length < hex.length / 2; length++) {
        assert.throws(() => read([holding(bytesOf(hex).subarray(0, length))]), { code: 'malformed' });
      }
      assert.throws(() => read([holding(bytesOf(`${hex}c0`))]), { code: 'malformed' });
    });
  }

  for (const [what, hex] of [
    ['the unused token', 'c1'],
    ['undefined as an extension', 'd40000'],
    ['a record', 'd4724091a16101'],
    ['a record with a high byte', 'd572400191a16101'],
    ['a regular expression', 'd4780092a1610aa0'],
    ['a set', 'd473009101'],
    ['an error', 'd4650092a1610aa162'],
    ['a typed array', 'c702740001'],
    ['a big integer', 'd54200ff'],
    ['bundled strings', 'd66200000000a161a162'],
    ['a reference', 'd67000000001'],
    ['an id to refer to', 'd6690000000190'],
    ['a date', 'd6ff00000000'],
    ['ext 8', 'c7010500'],
    ['ext 16', 'c800010500'],
    ['ext 32', 'c9000000010500'],
    ['fixext 16', `d805${'00'.repeat(16)}`],
    ['a key that is a number', '810102'],
    ['a key that is a binary', '81c4016102'],
    ['a key that is a map', '818001'],
    ['an array of 4 GiB', 'ddffffffff'],
    ['a map of 4 GiB', 'dfffffffff'],
    ['a string of 4 GiB', 'dbffffffff'],
    ['a binary of 4 GiB', 'c6ffffffff'],
  ] as const) {
    it(`do not hold ${what}`, () => {
      const reader = new FrameReader();
      assert.throws(() => read([holding(bytesOf(hex))], reader), { code: 'malformed' });
      // Nothing of it stays behind in the decoder.
      assert.deepEqual(read([holding(u8(0x40))]), [new Map([['v', 0x40]])]);
    });
  }

  it(`have at most ${MAX_DEPTH} levels`, () => {
    const nested = (levels: number) => holding(new Uint8Array(levels - 1).fill(0x91), u8(0xc0));
    assert.equal(read([nested(MAX_DEPTH)]).length, 1);
    assert.throws(() => read([nested(MAX_DEPTH + 1)]), { code: 'malformed' });
    assert.throws(() => read([nested(200_000)]), { code: 'malformed' });
  });

  it('hold one map and nothing else', () => {
    for (const value of [u8(0xc0), u8(1), u8(0x90), u8(0xa1, 0x61), u8(0xc1), u8(0x80, 0x80)]) {
      assert.throws(() => read([frame(value)]), { code: 'malformed' });
    }
  });

  it('are refused for their length before anything is held', () => {
    for (const length of [0, MAX_FRAME_BYTES + 1, 0xffff_ffff]) {
      for (const parts of splits(u32(length))) assert.throws(() => read(parts), { code: 'malformed' });
    }
    const before = process.memoryUsage().arrayBuffers;
    const reader = new FrameReader();
    read([u32(MAX_FRAME_BYTES)], reader);
    assert.ok(process.memoryUsage().arrayBuffers - before < MAX_FRAME_BYTES / 2);
  });

  it('before a broken one are delivered', () => {
    const frames: IpcMap[] = [];
    const bytes = join(frame(EMPTY_MAP), u32(0));
    assert.throws(() => new FrameReader().push(bytes, (whole) => frames.push(whole)), { code: 'malformed' });
    assert.equal(frames.length, 1);
  });

  it('keep their binaries when the memory of the stream is used again', () => {
    const bytes = holding(u8(0xc4, 3), text('abc'));
    const [whole] = read([bytes]);
    bytes.fill(0);
    assert.deepEqual(whole?.get('v'), Buffer.from('abc'));
  });
});

describe('link frames as we write them', () => {
  it('are plain msgpack', () => {
    const members = { kind: 'request', id: 7, gone: undefined, body: { list: [1, -1, true, null], b: u8(1, 2) } };
    assert.equal(
      encodeFrame(members).toString('hex'),
      Buffer.from(
        frame(
          ...[u8(0x83, 0xa4), text('kind'), u8(0xa7), text('request'), u8(0xa2), text('id'), u8(7)],
          ...[u8(0xa4), text('body'), u8(0x82, 0xa4), text('list'), u8(0x94, 1, 0xff, 0xc3, 0xc0)],
          ...[u8(0xa1), text('b'), u8(0xc4, 2, 1, 2)],
        ),
      ).toString('hex'),
    );
  });

  it('are read as they were meant', () => {
    const values: Encodable[] = [
      ...[0, 1.5, -0.25, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1), Number.POSITIVE_INFINITY],
      ...[2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n],
      ...['', 'h\u00e9\u{1f600}', 'x'.repeat(300), 'x'.repeat(70_000)],
      ...[Buffer.alloc(0), Buffer.alloc(300, 1), Buffer.alloc(70_000, 2)],
      ...[[], [[[]]], new Map([['__proto__', 1]])],
    ];
    for (const v of values) assert.deepEqual(read([encodeFrame({ v })]), [new Map([['v', v]])]);
  });

  it('do not depend on the frames before them', () => {
    const first = encodeFrame({ v: 1 });
    const copy = Buffer.from(first);
    for (let count = 0; count < 100; count++) encodeFrame({ v: Buffer.alloc(10_000, count) });
    assert.deepEqual(first, copy);
  });

  it('are refused when they are too long or cannot be said', () => {
    const empty = encodeFrame({ v: Buffer.alloc(0x10000) }).length - 4 - 0x10000;
    const longest = encodeFrame({ v: Buffer.alloc(MAX_FRAME_BYTES - empty) });
    assert.equal(longest.readUInt32LE(0), MAX_FRAME_BYTES);
    assert.equal(read([longest]).length, 1);
    assert.throws(() => encodeFrame({ v: Buffer.alloc(MAX_FRAME_BYTES - empty + 1) }), { code: 'invalid-argument' });
    assert.throws(() => encodeFrame({ v: 2n ** 64n }), { code: 'invalid-argument' });
    assert.equal(read([encodeFrame({ v: 1 })]).length, 1);
  });
});

describe('chunks of streams', () => {
  const chunk = Buffer.from('0123456789');
  const id = 0x1234_5678;

  it('are frames like others', () => {
    const map = new Map<string, unknown>([
      ['kind', 'stream-data'],
      ['id', id],
      ['body', chunk],
    ]);
    assert.deepEqual(read([encodeStreamData(id, chunk.length), chunk]), [map]);
    assert.throws(() => encodeStreamData(id, MAX_FRAME_BYTES), { code: 'invalid-argument' });
  });

  it('are told of while they come, between other frames, however they are cut', () => {
    const other = encodeFrame({ kind: 'stream-data', body: chunk, id }); // in another order
    const short = encodeFrame({ v: 1 });
    const none = encodeStreamData(id, 0);
    const sent = Buffer.concat([short, encodeStreamData(id, chunk.length), chunk, other, none, short]);
    for (let step = 1; step <= sent.length; step++) {
      const heard: unknown[] = [];
      let body = '';
      const reader = new FrameReader({
        begun: (begun, bytes) => heard.push([begun, bytes]),
        more: (part) => {
          body += Buffer.from(part).toString();
        },
      });
      for (let at = 0; at < sent.length; at += step) {
        const part = Buffer.from(sent.subarray(at, at + step));
        reader.push(part, (frame) => heard.push([...frame.keys()].join()));
        part.fill(0);
      }
      assert.deepEqual(heard, ['v', [id, chunk.length], 'kind,body,id', [id, 0], 'v'], `in pieces of ${step}`);
      assert.equal(body, chunk.toString());
    }
  });
});
