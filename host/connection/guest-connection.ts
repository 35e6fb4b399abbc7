import type { Socket } from 'node:net';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Deadline } from './deadline.ts';

/** For the last words to leave before the connection is cut. */
const LAST_WORDS_MS = 1_000;

export type Listener<Heard> = (heard: Heard) => void | Promise<void>;

/**
 * A connection to a guest that speaks without being asked. The guest is hostile (D3): nothing more is read before all
 * listeners are done with what was heard and the guest has read what it was told, so neither side's haste can fill
 * this process. `Heard` is a protocol's event.
 */
export class GuestConnection<Heard> implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #listeners = new Set<Listener<Heard>>();
  readonly #ended = new Set<() => void>();
  #lost: AgentError | undefined;
  #cause: unknown;

  /**
   * @param read turns bytes into events, one at a time if it generates them: the next one is asked for when the guest has
   *   read what the one before made us say. What it throws ends the connection.
   */
  constructor(socket: Socket, read: (bytes: Buffer) => Iterable<Heard>) {
    this.#socket = socket;
    socket.on('error', (error) => {
      this.#cause ??= error; // 'close' follows
    });
    socket.on('close', () => this.#close());
    void this.#pump(read);
  }

  /** Why there is no connection any more; undefined while there is one. */
  get lost(): AgentError | undefined {
    return this.#lost;
  }

  /** Calls `listener` for each event until the result is disposed. It must not throw. */
  listen(listener: Listener<Heard>): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /**
   * Asks `take` at once, without an event, and then after each one, until it has a result. `begin` runs in between: what
   * it sends cannot be answered too early.
   *
   * @throws what `take` throws; {AgentError} 'timeout', 'cancelled', 'failed' (lost) or 'malformed' (lost for that)
   */
  wait<T>(deadline: Deadline, take: (heard: Heard | undefined) => T | undefined, begin = (): void => {}): Promise<T> {
    return deadline.wait<T>((resolve, reject) => {
      const listener = (heard: Heard | undefined): void => {
        try {
          const result = take(heard);
          if (result !== undefined) resolve(result);
        } catch (error) {
          reject(error);
        }
      };
      const ended = (): void => reject(this.#lost);
      listener(undefined);
      this.#listeners.add(listener);
      this.#ended.add(ended);
      if (this.#lost) ended();
      else begin();
      return () => {
        this.#listeners.delete(listener);
        this.#ended.delete(ended);
      };
    });
  }

  /** Sends, or does nothing when the connection is lost: `wait` and `flush` say so. */
  write(bytes: Uint8Array): void {
    if (!this.#lost) this.#socket.write(bytes);
  }

  /** Waits until everything has been handed to the system. @throws as `wait` */
  async flush(deadline: Deadline): Promise<void> {
    deadline.waitingFor = 'the guest did not read';
    await deadline.wait<void>((resolve, reject) => {
      const ended = (): void => reject(this.#lost);
      this.#ended.add(ended);
      if (this.#lost) ended();
      else this.#socket.write('', (error) => error ?? resolve());
      return () => this.#ended.delete(ended);
    });
  }

  /** Resolves when the connection has ended, whoever ended it. */
  async end(): Promise<void> {
    if (this.#lost) return;
    await new Promise<void>((resolve) => this.#ended.add(resolve));
  }

  /** What was written goes out first, if the guest reads it within a second. Idempotent. */
  async close(): Promise<void> {
    if (this.#lost) return;
    const cut = setTimeout(() => this.#socket.destroy(), LAST_WORDS_MS);
    this.#socket.end(() => this.#socket.destroy());
    await this.end();
    clearTimeout(cut);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #pump(read: (bytes: Buffer) => Iterable<Heard>): Promise<void> {
    try {
      for await (const bytes of this.#socket) {
        for (const heard of read(bytes)) {
          for (const listener of [...this.#listeners]) await listener(heard);
          await this.#room();
        }
      }
    } catch (error) {
      this.#cause ??= error;
    }
    this.#socket.destroy();
  }

  #close(): void {
    const code = this.#cause instanceof AgentError ? this.#cause.code : 'failed';
    const why = this.#cause === undefined ? '' : `: ${messageOf(this.#cause)}`;
    this.#lost = new AgentError(code, `the connection is lost${why}`, { cause: this.#cause });
    for (const ended of [...this.#ended]) ended();
  }

  /** Waits while what was written is not read, or until the connection has ended. */
  async #room(): Promise<void> {
    if (!this.#socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }
}
