interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes when the test says so. */
export class FakeTimers {
  #now = 0;
  readonly #timers = new Set<Timer>();

  readonly after = (delayMs: number, run: () => void): Disposable => {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => this.#timers.delete(timer) };
  };

  get count(): number {
    return this.#timers.size;
  }

  get now(): number {
    return this.#now;
  }

  /** Runs what is due, in its order, also what that starts. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }
}
