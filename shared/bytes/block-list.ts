import { Buffer } from 'node:buffer';
import { BLOCK_BYTES, blocks } from './blocks.ts';

/** Shorter parts are copied together: each that is kept by itself costs an object. */
const LEAST_KEPT_BYTES = 16 * 1024;

interface Block {
  bytes: Uint8Array;
  /** Bytes of it that have come. */
  used: number;
  /** It is one of `blocks`, and goes back to them. */
  isLent: boolean;
}

/** How far somebody has come who reads a list from its beginning. */
export interface Place {
  block: number;
  offset: number;
  taken: number;
  /** Nobody looks at the blocks before this one on its behalf. */
  released: number;
}

/**
 * Bytes in the order in which they came, never moved. Memory follows what really came, at most twice that, however small the
 * parts.
 */
export class BlockList {
  readonly #blocks: (Block | undefined)[] = [];
  /** The last block while it has room. */
  #open: Block | undefined;
  /** Blocks at the front that are gone. */
  #forgotten = 0;

  static begin(): Place {
    return { block: 0, offset: 0, taken: 0, released: 0 };
  }

  /** Keeps `part`, which nobody else writes to, as it is. */
  put(part: Uint8Array): void {
    this.seal();
    this.#blocks.push({ bytes: part, used: part.length, isLent: false });
  }

  /** Keeps `part`, which nobody else writes to, as it is, unless much else would be kept with it. */
  keep(part: Uint8Array, expected: number): void {
    const isWorthIt = part.length >= LEAST_KEPT_BYTES && 2 * part.length >= part.buffer.byteLength;
    if (isWorthIt) this.put(part);
    else this.copy(part, expected);
  }

  /** @param expected how much will come with it and after it, as far as that is known */
  copy(part: Uint8Array, expected: number): void {
    for (let at = 0; at < part.length; ) {
      this.#open ??= this.#newBlock(Math.max(expected, part.length) - at);
      const { bytes, used } = this.#open;
      const end = Math.min(part.length, at + bytes.length - used);
      bytes.set(at === 0 && end === part.length ? part : part.subarray(at, end), used);
      this.#open.used += end - at;
      at = end;
      if (this.#open.used === bytes.length) this.#open = undefined;
    }
  }

  /** Nothing is added to the last block any more. */
  seal(): void {
    const block = this.#open;
    this.#open = undefined;
    if (block === undefined || 2 * block.used >= block.bytes.length) return;
    block.bytes = Buffer.from(block.bytes.subarray(0, block.used));
    block.isLent = false; // nor is the former memory given back: who has taken of it may still look at it
  }

  /** Everything, in order; not to be asked for after `forget`. */
  get parts(): Uint8Array[] {
    return this.#blocks.flatMap((block) => (block === undefined ? [] : [block.bytes.subarray(0, block.used)]));
  }

  /** The next bytes, at most `maxBytes`, as a view; empty when nothing has come. */
  take(place: Place, maxBytes: number): Uint8Array {
    this.#advance(place);
    const block = this.#blocks[place.block];
    if (block === undefined) return NOTHING;
    const part = block.bytes.subarray(place.offset, Math.min(block.used, place.offset + maxBytes));
    place.offset += part.length;
    place.taken += part.length;
    return part;
  }

  /** Nobody looks any more at what was taken. */
  release(place: Place): void {
    this.#advance(place);
    place.released = place.block;
  }

  /** What was taken and not released may be looked at for ever. */
  lose({ released, block }: Place): void {
    for (const one of this.#blocks.slice(released, block + 1)) if (one !== undefined) one.isLent = false;
  }

  /** Nobody looks at what all of these places have released, nor at anything when there is none. */
  forget(places: Iterable<Place>): void {
    let until = this.#open === undefined ? this.#blocks.length : this.#blocks.length - 1;
    for (const { released } of places) until = Math.min(until, released);
    for (; this.#forgotten < until; this.#forgotten++) {
      const block = this.#blocks[this.#forgotten];
      this.#blocks[this.#forgotten] = undefined;
      if (block?.isLent) blocks.giveBack(block.bytes as Buffer);
    }
  }

  /** To the next block, when all of the present one was taken and nothing is added to it any more. */
  #advance(place: Place): void {
    const block = this.#blocks[place.block];
    if (block === undefined || block === this.#open || place.offset < block.used) return;
    place.block++;
    place.offset = 0;
  }

  #newBlock(expected: number): Block {
    const isLent = expected >= BLOCK_BYTES;
    const block: Block = { bytes: isLent ? blocks.take() : Buffer.allocUnsafeSlow(expected), used: 0, isLent };
    this.#blocks.push(block);
    return block;
  }
}

const NOTHING = new Uint8Array();
