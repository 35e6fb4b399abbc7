/** Wakes one waiter. Ringing before anybody waits is remembered, once. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** @returns false when `timeoutMs` passed or `signal` was aborted first */
  heard(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#wake = undefined;
        const rung = this.#rung && !signal.aborted;
        this.#rung = false;
        resolve(rung);
      };
      const timer = setTimeout(end, timeoutMs);
      signal.addEventListener('abort', end, { once: true });
      this.#wake = end;
      if (this.#rung || signal.aborted) end();
    });
  }
}
