import { Buffer } from 'node:buffer';

const SETUP_HEAD_BYTES = 8;
const HEAD_BYTES = 32;
const REPLY = 1;
const GENERIC_EVENT = 35;

/** What the server says of a property before its value comes. */
export interface PropertyHead {
  /** Atom of its type; 0: there is no such property. */
  readonly type: number;
  readonly format: number;
  /** Of the value, what was not asked for. */
  readonly bytesAfter: number;
  /** Of what comes. */
  readonly bytes: number;
}

/** @returns who takes the value as it comes, in parts that are valid during the call; undefined: nobody */
export type TakeValue = (head: PropertyHead) => ((part: Uint8Array) => void) | undefined;

/**
 * Takes long values of properties out of what the server says, so that the x11 package, which gathers and copies each, need
 * not see them: to it such a property is empty. Everything else passes. Source: X11 protocol, appendix B, "Connection
 * Setup", "GetProperty"; the GenericEvent extension. The server speaks little-endian, as was asked of it.
 */
export class Sieve {
  readonly #takers = new Map<number, TakeValue>();
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headLength = 0;
  #isSetUp = false;
  /** Of the packet that is being read, behind its head. */
  #left = 0;
  /** Of a packet whose value is taken: passes when all of it has come. */
  #held: Buffer | undefined;
  /** Of that value; padding may follow. */
  #valueLeft = 0;
  #take: ((part: Uint8Array) => void) | undefined;

  /** @param sequence number of a GetProperty request that has just been made, of which 16 bits come back */
  expect(sequence: number, take: TakeValue): void {
    this.#takers.set(sequence & 0xffff, take);
  }

  /** @returns what passes, as memory of its own */
  push(bytes: Uint8Array): Buffer {
    const passing: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (this.#left > 0) {
        const part = bytes.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        if (this.#held === undefined) passing.push(part);
        else this.#takeValue(part, passing);
        continue;
      }
      const part = bytes.subarray(at, at + this.#headBytes - this.#headLength);
      this.#head.set(part, this.#headLength);
      at += part.length;
      this.#headLength += part.length;
      if (this.#headLength === this.#headBytes) this.#begin(passing);
    }
    return Buffer.concat(passing);
  }

  get #headBytes(): number {
    return this.#isSetUp ? HEAD_BYTES : SETUP_HEAD_BYTES;
  }

  #begin(passing: Uint8Array[]): void {
    const head = Buffer.from(this.#head.subarray(0, this.#headBytes));
    this.#headLength = 0;
    if (!this.#isSetUp) {
      this.#isSetUp = true;
      this.#left = 4 * head.readUInt16LE(6);
      passing.push(head);
      return;
    }
    const kind = head.readUInt8(0);
    const isLong = kind === REPLY || (kind & 0x7f) === GENERIC_EVENT;
    this.#left = isLong ? 4 * head.readUInt32LE(4) : 0;
    const sequence = head.readUInt16LE(2);
    // An error ends the request as well.
    const take = kind <= REPLY ? this.#takers.get(sequence) : undefined;
    if (take !== undefined) this.#takers.delete(sequence);
    if (take !== undefined && kind === REPLY) this.#beginValue(head, take);
    if (this.#held === undefined || this.#left === 0) passing.push(head);
    if (this.#left === 0) this.#held = undefined;
  }

  /** To the package the property has no value. */
  #beginValue(head: Buffer, take: TakeValue): void {
    const format = head.readUInt8(1);
    const bytes = Math.min(this.#left, (head.readUInt32LE(16) * format) / 8);
    this.#held = head;
    this.#valueLeft = bytes;
    this.#take = take({ type: head.readUInt32LE(8), format, bytesAfter: head.readUInt32LE(12), bytes });
    head.writeUInt32LE(0, 4);
    head.writeUInt32LE(0, 16);
  }

  #takeValue(part: Uint8Array, passing: Uint8Array[]): void {
    const value = part.subarray(0, this.#valueLeft);
    this.#valueLeft -= value.length;
    if (value.length > 0) this.#take?.(value);
    if (this.#left > 0 || this.#held === undefined) return;
    passing.push(this.#held);
    this.#held = undefined;
    this.#take = undefined;
  }
}
