import type { Buffer } from 'node:buffer';

/**
 * Bytes that must not outlive their use: a password. A text cannot be wiped, so it never is one; whatever prints it by
 * mistake prints that it is a secret. Whoever has one last wipes it.
 */
export class Secret {
  static #held = 0;
  static #watcher: ((held: boolean) => void) | undefined;

  #bytes: Buffer | undefined;

  /** @param bytes memory that nobody else uses, of wipeable.ts; is ours from now on */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    if (Secret.#held++ === 0) Secret.#watcher?.(true);
  }

  /** Tells, now and at each change, whether this process holds any: meanwhile no core of it may be written. One watcher. */
  static watch(watcher: (held: boolean) => void): void {
    Secret.#watcher = watcher;
    watcher(Secret.#held > 0);
  }

  /** Of a secret that was wiped: true. */
  get isWiped(): boolean {
    return this.#bytes === undefined;
  }

  /**
   * The bytes themselves, for reading within this turn; a copy of them is to be wiped by whoever makes it.
   * @throws {Error} when it was wiped
   */
  get bytes(): Buffer {
    if (this.#bytes === undefined) throw new Error('a secret was used after its end');
    return this.#bytes;
  }

  /** Hands the bytes to a secret that lasts as long as its new owner wants; this one is wiped from now on. */
  move(): Secret {
    const moved = new Secret(this.bytes);
    this.#forget();
    return moved;
  }

  /** Idempotent. */
  wipe(): void {
    this.#bytes?.fill(0);
    this.#forget();
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  #forget(): void {
    if (this.#bytes === undefined) return;
    this.#bytes = undefined;
    if (--Secret.#held === 0) Secret.#watcher?.(false);
  }
}
