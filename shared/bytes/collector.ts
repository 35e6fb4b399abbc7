import { Buffer } from 'node:buffer';

/** First allocation when the size to come is larger or unknown, unless the owner says otherwise. */
const FIRST_BYTES = 4096;

/**
 * Gathers a run of bytes that arrives in parts, without believing how long it is said to be: memory follows what really
 * came (at most twice that), however large the announced size, and however small the parts.
 */
export class ByteCollector {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  /**
   * @param limit most bytes that will ever be added: the announced size, or the cap where the size is unknown
   * @param believed so much of it is believed, and allocated at once
   * @param allocate memory of any content
   */
  constructor(
    readonly limit: number,
    private readonly believed: number = FIRST_BYTES,
    private readonly allocate: (bytes: number) => Buffer = Buffer.allocUnsafe,
  ) {}

  get length(): number {
    return this.#length;
  }

  /** Copies `part`. To stay within `limit` is the caller's duty: what lies beyond belongs to somebody else. */
  add(part: Uint8Array): void {
    const needed = this.#length + part.length;
    if (needed > this.limit) throw new RangeError(`${needed} bytes collected, limit ${this.limit}`);
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#bytes.set(part, this.#length);
    this.#length = needed;
  }

  /** Hands over everything, as memory that nobody else uses, and is empty again. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }

  /** Forgets everything and wipes it. */
  wipe(): void {
    this.take().fill(0);
  }

  #grow(needed: number): void {
    const bytes = this.allocate(Math.min(this.limit, Math.max(needed, 2 * this.#bytes.length, this.believed)));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes.fill(0, 0, this.#length);
    this.#bytes = bytes;
  }
}
