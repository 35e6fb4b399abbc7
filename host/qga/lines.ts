/**
 * What the guest's bytes consist of:
 * - `line`: one line without its newline. `delimited` if the byte 0xFF stood before it: an answer to
 *   guest-sync-delimited. `bytes` are valid until the next `push`.
 * - `too-long`: a line beyond the limit; the rest of it is dropped as it comes.
 */
export type LineEvent =
  | { readonly kind: 'line'; readonly delimited: boolean; readonly bytes: Uint8Array }
  | { readonly kind: 'too-long' };

const NEWLINE = 0x0a;
const SENTINEL = 0xff;
const FIRST_CAPACITY = 64 * 1024;

/**
 * Cuts a guest's byte stream into lines. An agent's answer is exactly one line, and neither the newline nor 0xFF (never
 * part of UTF-8) can stand inside it, so both begin afresh whatever came before: half lines, garbage, a line that
 * never ends (L1). Holds at most `maxBytes`, however the stream is cut. Empty lines are no events.
 */
export class LineReader {
  #buffer = Buffer.alloc(0);
  #length = 0;
  #delimited = false;
  #dropping = false;

  constructor(private readonly maxBytes: number) {}

  /** A line has begun and its end has not come. */
  get isInsideLine(): boolean {
    return this.#length > 0 || this.#delimited || this.#dropping;
  }

  push(bytes: Uint8Array): LineEvent[] {
    const events: LineEvent[] = [];
    let begin = 0;
    let newline = indexOrEnd(bytes, NEWLINE, 0);
    while (begin < bytes.length) {
      const sentinel = bytes.subarray(begin, newline).indexOf(SENTINEL);
      if (sentinel >= 0) {
        this.#limit(sentinel, events);
        this.#reset();
        this.#delimited = true;
        begin += sentinel + 1;
      } else {
        this.#append(bytes.subarray(begin, newline), newline < bytes.length, events);
        begin = newline + 1;
        newline = indexOrEnd(bytes, NEWLINE, begin);
      }
    }
    return events;
  }

  #append(part: Uint8Array, isEnd: boolean, events: LineEvent[]): void {
    this.#limit(part.length, events);
    if (!isEnd) {
      if (!this.#dropping) this.#keep(part);
      return;
    }
    const line = this.#length === 0 ? part : this.#whole(part);
    if (!this.#dropping && line.length > 0) events.push({ kind: 'line', delimited: this.#delimited, bytes: line });
    this.#reset();
  }

  #limit(moreBytes: number, events: LineEvent[]): void {
    if (this.#dropping || this.#length + moreBytes <= this.maxBytes) return;
    events.push({ kind: 'too-long' });
    this.#reset();
    this.#dropping = true;
  }

  #whole(part: Uint8Array): Uint8Array {
    this.#keep(part);
    return this.#buffer.subarray(0, this.#length);
  }

  /** Copies: small parts would otherwise keep the socket's whole read buffers alive. */
  #keep(part: Uint8Array): void {
    const needed = this.#length + part.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, Math.min(this.maxBytes, needed * 2)));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#length);
    this.#length = needed;
  }

  /** Forgets the buffer too: an event may still point into it, and a large one must not stay. */
  #reset(): void {
    if (this.#length > 0) this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    this.#delimited = false;
    this.#dropping = false;
  }
}

function indexOrEnd(bytes: Uint8Array, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
}
