/** Below this, memory is cheap: V8 does not look through its heap because of it. */
const LARGE = 64 * 1024;

export interface Taken {
  /** At least as many as were asked for, of any content. */
  readonly bytes: Buffer;
  /** Nobody looks at `bytes` any more. Need not be called. */
  release(): void;
}

/**
 * Memory for large pieces that come one after the other. New memory for each has the kernel clear its pages and V8 look
 * through the whole heap for what could be freed, which costs more than the piece itself. It is held weakly: what is not
 * in use is given back with the next collection.
 */
export class Spare {
  #held: WeakRef<Buffer> | undefined;

  take(size: number): Taken {
    if (size < LARGE) return { bytes: Buffer.allocUnsafe(size), release: () => {} };
    const held = this.#held?.deref();
    this.#held = undefined;
    const bytes = held !== undefined && held.length >= size ? held : Buffer.allocUnsafeSlow(size);
    return {
      bytes,
      release: () => {
        this.#held = new WeakRef(bytes);
      },
    };
  }
}

/** The same for pieces of which several are in use at once, as long as one another. */
export class Spares {
  readonly #held: WeakRef<ArrayBufferLike>[] = [];
  readonly #ours = new WeakSet<ArrayBufferLike>();

  /** @param max so many are held at most */
  constructor(
    private readonly pieceBytes: number,
    private readonly max: number,
  ) {}

  /** Of any content. */
  take(size: number): Buffer {
    if (size > this.pieceBytes || size < LARGE) return Buffer.allocUnsafe(size);
    const memory = this.#held.pop()?.deref() ?? new ArrayBuffer(this.pieceBytes);
    this.#ours.add(memory);
    return Buffer.from(memory, 0, size);
  }

  /** Nobody looks any more at this, nor at other views of its memory. What was not taken here is left alone. */
  giveBack({ buffer }: Uint8Array): void {
    if (!this.#ours.delete(buffer) || this.#held.length >= this.max) return;
    this.#held.push(new WeakRef(buffer));
  }
}
