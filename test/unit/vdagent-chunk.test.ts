import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChunkReader, encodeChunks, type Port } from '#protocol/vdagent/chunk.ts';
import { join, text, u32 } from '#test/support/little-endian.ts';
import { splits } from '#test/support/splits.ts';

/** Chunks put together again from their parts. */
function read(parts: readonly Uint8Array[], reader = new ChunkReader()): [Port, string][] {
  const chunks: [Port, string][] = [];
  let payload = '';
  for (const bytes of parts) {
    reader.push(bytes, (part) => {
      payload = (part.first ? '' : payload) + Buffer.from(part.bytes).toString('latin1');
      if (part.left === 0) chunks.push([part.port, payload]);
    });
  }
  return chunks;
}

describe('vdagent chunks', () => {
  it('are read alike however the stream is cut', () => {
    const bytes = join(u32(1, 3), text('abc'), u32(2, 0), u32(2, 1), text('d'));
    for (const parts of splits(bytes)) {
      assert.deepEqual(read(parts), [
        ['client', 'abc'],
        ['server', 'd'],
      ]);
    }
  });

  it('of no bytes are legal and say nothing', () => {
    assert.deepEqual(read([join(u32(1, 0), u32(2, 0))]), []);
  });

  it('may have 2048 bytes', () => {
    assert.equal(read([join(u32(1, 2048), new Uint8Array(2048))])[0]?.[1].length, 2048);
  });

  for (const [what, header] of [
    ['2049 bytes', u32(1, 2049)],
    ['4 GiB', u32(1, 0xffff_ffff)],
    ['port 0', u32(0, 1)],
    ['port 3', u32(3, 1)],
    ['port 2^32 - 1', u32(0xffff_ffff, 0)],
  ] as const) {
    it(`with ${what} end the stream as soon as the header is there, and for good`, () => {
      for (const parts of splits(header)) {
        const reader = new ChunkReader();
        assert.throws(() => read(parts, reader), { code: 'malformed' });
        assert.throws(() => read([text('x')], reader), { code: 'malformed' });
      }
    });
  }

  it('before the broken one are still delivered', () => {
    const seen: Port[] = [];
    const bytes = join(u32(2, 1), text('a'), u32(9, 9));
    assert.throws(() => new ChunkReader().push(bytes, (part) => seen.push(part.port)), { code: 'malformed' });
    assert.deepEqual(seen, ['server']);
  });

  it('are written with at most 2048 bytes each', () => {
    const payload = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
    const expected = join(
      ...[u32(2, 2048), payload.subarray(0, 2048)],
      ...[u32(2, 2048), payload.subarray(2048, 4096)],
      ...[u32(2, 904), payload.subarray(4096)],
    );
    assert.deepEqual(Uint8Array.from(encodeChunks('server', payload)), expected);
    assert.equal(encodeChunks('client', new Uint8Array(0)).length, 0);
  });
});
