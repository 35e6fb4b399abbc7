import { once } from 'node:events';
import type { Io } from '#shared/cli/io.ts';
import { AgentError } from '#shared/errors.ts';

/** What ends a live view, apart from its connection. */
export interface Span {
  readonly forMs: number | undefined;
  readonly over?: AbortSignal | undefined;
}

/** Lines that are shown as things happen, until the time is over, the connection ends, or nobody reads them any more. */
export class Live implements Disposable {
  readonly #stop = new AbortController();
  readonly #readerLeft: Promise<unknown>;

  constructor(private readonly io: Pick<Io, 'stdout'>) {
    this.#readerLeft = once(io.stdout, 'close', { signal: this.#stop.signal }).catch(() => {});
  }

  /** Resolves when there is room for more: a reader that is slower than the guest slows the guest down. */
  async show(line: string): Promise<void> {
    if (this.#stop.signal.aborted || this.io.stdout.write(`${line}\n`)) return;
    await once(this.io.stdout, 'drain', { signal: this.#stop.signal }).catch(() => {});
  }

  /** @throws {AgentError} 'failed' when the connection ends before the time is over or `over` aborts */
  async run(ended: Promise<void>, { forMs, over }: Span): Promise<void> {
    if (over?.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    const finished = new Promise<void>((resolve) => {
      if (forMs !== undefined) timer = setTimeout(resolve, forMs);
      over?.addEventListener('abort', () => resolve(), { signal: this.#stop.signal });
    });
    const isLost = await Promise.race([ended.then(() => true), finished, this.#readerLeft]);
    clearTimeout(timer);
    if (isLost === true) throw new AgentError('failed', 'the connection is lost');
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}

/** Begins a line for a person. */
export function timeOfDay(): string {
  return new Date().toTimeString().slice(0, 8);
}
