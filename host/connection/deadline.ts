import { AgentError } from '#shared/errors.ts';

/** Ends every wait: 'timeout' when the time is over, 'cancelled' when the caller's signal aborts. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #cancel = () => this.#controller.abort(new AgentError('cancelled', 'cancelled'));
  /** What has not happened if the time is over: "no answer to guest-ping". */
  waitingFor = 'nothing happened';

  constructor(
    timeoutMs: number,
    private readonly caller: AbortSignal | undefined,
  ) {
    this.#timer = setTimeout(() => {
      this.#controller.abort(new AgentError('timeout', `${this.waitingFor} within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    if (caller?.aborted) this.#cancel();
    else caller?.addEventListener('abort', this.#cancel);
  }

  /**
   * Waits for what `start` begins; it gets the callbacks that settle the wait and returns what undoes its listeners.
   *
   * @throws {AgentError} 'timeout' or 'cancelled', also when that was before the call
   */
  async wait<T>(start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void): Promise<T> {
    const { signal } = this.#controller;
    signal.throwIfAborted();
    let undo = (): void => {};
    let aborted = (): void => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        aborted = () => reject(signal.reason);
        signal.addEventListener('abort', aborted);
        undo = start(resolve, reject);
      });
    } finally {
      signal.removeEventListener('abort', aborted);
      undo();
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.caller?.removeEventListener('abort', this.#cancel);
  }
}
