import { Buffer } from 'node:buffer';

/**
 * Zeroed memory that stays where it is, so that wiping it leaves no copy. The arrays of up to 64 bytes that Buffer makes by
 * itself lie among V8's objects, and its collector moves those.
 */
export function wipeable(size: number): Buffer {
  return Buffer.from(new ArrayBuffer(size));
}

/** A copy of `bytes`, which stay the caller's to wipe. */
export function wipeableCopy(bytes: Uint8Array): Buffer {
  const copy = wipeable(bytes.length);
  copy.set(bytes);
  return copy;
}
