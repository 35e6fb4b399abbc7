/** Told at once, one after the other; then so many ms apart. */
const BURST = 8;
const APART_MS = 250;

/**
 * Bounds how often something is told: two clipboard managers, one on each side, may answer one another's copies for ever, and
 * a mouse that marks text makes a copy with each movement. What is told late is the newest, and it is always told.
 */
export class Pace {
  #left = BURST;
  #since = performance.now();
  #waiting: NodeJS.Timeout | undefined;

  /** Calls `tell` now, or when its time has come unless another or `cancel` comes first. */
  tell(tell: () => void): void {
    this.cancel();
    const now = performance.now();
    this.#left = Math.min(BURST, this.#left + (now - this.#since) / APART_MS);
    this.#since = now;
    const wait = this.#left >= 1 ? 0 : (1 - this.#left) * APART_MS;
    this.#left--;
    if (wait === 0) return tell();
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined;
      tell();
    }, wait);
  }

  /** What waits is not told any more, and does not count. */
  cancel(): void {
    if (this.#waiting === undefined) return;
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#left++;
  }
}
