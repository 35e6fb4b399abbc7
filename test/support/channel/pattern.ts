/** A stream whose bytes are known at every offset, so that what is lost, doubled or moved on the way is seen. */
const BLOCK = Buffer.alloc(65_521); // a prime: no buffer size divides it
for (let at = 0, state = 1; at < BLOCK.length; at++) {
  state = (state * 48_271) % 0x7fffffff;
  BLOCK[at] = state & 0xff;
}

export function pattern(offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) at += BLOCK.copy(bytes, at, (offset + at) % BLOCK.length);
  return bytes;
}

/** @throws {Error} naming the first offset that differs */
export function checkPattern(bytes: Uint8Array, offset: number): void {
  const expected = pattern(offset, bytes.length);
  if (expected.equals(bytes)) return;
  const at = expected.findIndex((byte, index) => byte !== bytes[index]);
  throw new Error(`byte ${offset + at} of the stream is ${bytes[at]}, expected ${expected[at]}`);
}
