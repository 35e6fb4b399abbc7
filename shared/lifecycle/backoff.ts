/** Delays between attempts: doubling from `firstMs` to `maxMs`. Pure; the caller owns the timer. */
export class Backoff {
  #nextMs: number;

  constructor(
    private readonly firstMs: number,
    private readonly maxMs: number,
  ) {
    this.#nextMs = firstMs;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const delay = this.#nextMs;
    this.#nextMs = Math.min(delay * 2, this.maxMs);
    return delay;
  }

  reset(): void {
    this.#nextMs = this.firstMs;
  }
}
