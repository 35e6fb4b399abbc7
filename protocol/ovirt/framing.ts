import type { Buffer } from 'node:buffer';
import { ByteCollector } from '#shared/bytes/collector.ts';

/**
 * Lines of the oVirt guest agent channel, ended by one LF. The host's reader (VDSM, guestagent.py) gives up a line whose
 * first MAX_LINE_BYTES come without an LF and goes on after the next one; so do we, wherever the stream is cut.
 */
export const MAX_LINE_BYTES = 1024 * 1024;

export type LineEvent =
  /** Without its LF, as memory of its own: it may hold a password, so wipe it after use. */
  | { readonly kind: 'line'; readonly line: Buffer }
  /** Told once, at the limit; what follows up to the next LF is dropped. */
  | { readonly kind: 'too-long' };

const LF = 0x0a;

/** Turns a byte stream, cut anywhere, into lines. Never throws: whatever a line holds, the next one is found. */
export class LineReader {
  readonly #line = new ByteCollector(MAX_LINE_BYTES - 1);
  #isTooLong = false;

  push(bytes: Uint8Array): LineEvent[] {
    const events: LineEvent[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
      this.#add(bytes.subarray(from, end), events);
      if (!this.#isTooLong) events.push({ kind: 'line', line: this.#line.take() });
      this.#isTooLong = false;
      from = end + 1;
    }
    this.#add(bytes.subarray(from), events);
    return events;
  }

  /** No line is half read. */
  get isIdle(): boolean {
    return this.#line.length === 0 && !this.#isTooLong;
  }

  /** Forgets a half-read line: the next bytes come from another host. */
  reset(): void {
    this.#line.wipe();
    this.#isTooLong = false;
  }

  #add(part: Uint8Array, events: LineEvent[]): void {
    if (this.#isTooLong) return;
    if (this.#line.length + part.length > this.#line.limit) {
      this.#line.wipe();
      this.#isTooLong = true;
      events.push({ kind: 'too-long' });
    } else {
      this.#line.add(part);
    }
  }
}
