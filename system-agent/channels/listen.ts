import { messageOf } from '#shared/errors.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Log } from '#shared/log/log.ts';
import { type Watch, watchReadiness } from '#shared/native/readiness.ts';
import { StreamChannel } from './stream-channel.ts';

/** Clients beyond the served one whose connect succeeds; the kernel keeps them, in order, with what they send. */
export const WAITING_CLIENTS = 16;
const ACCEPT_AGAIN_MS = [100, 5_000] as const;

/** A socket that listens; it is open. */
export interface Listener {
  /** Non-blocking. */
  readonly fd: number;
  /** @returns the client that has waited longest, undefined when nobody waits. @throws {Error} errno error */
  accept(): number | undefined;
  close(): void;
}

/** A listening socket that serves one client at a time: the next is accepted when the present one is gone. */
export class ListenChannel extends StreamChannel {
  readonly #listen: () => Listener;
  readonly #backoff = new Backoff(...ACCEPT_AGAIN_MS);
  #listener: Listener | undefined;
  #arrivals: Watch | undefined;
  #hasEnded = false;
  #again: NodeJS.Timeout | undefined;

  /** @param listen opens the socket. @throws {AgentError} 'failed' */
  constructor(description: string, log: Log, listen: () => Listener) {
    super(description, log);
    this.#listen = listen;
  }

  override hangUp(): void {
    this.stream?.finish();
  }

  protected override start(): void {
    this.#listener = this.#listen();
    this.#arrivals = watchReadiness(this.#listener.fd, () => this.#acceptNext());
    this.enter('waiting');
  }

  protected override stop(): void {
    clearTimeout(this.#again);
    this.#arrivals?.close();
    this.#listener?.close();
    this.#listener = undefined;
  }

  #acceptNext(): void {
    if (this.#listener === undefined || this.stream !== undefined) return;
    try {
      const fd = this.#listener.accept();
      if (fd === undefined) return;
      const events = {
        ...this.passOn(),
        present: () => {},
        ended: (gone: boolean) => this.#onEnd(gone),
        failed: (error: unknown) => this.giveUp(error),
      };
      this.attach(fd, events, { device: false });
    } catch (error) {
      // Out of descriptors or memory: the client waits in the kernel, and no edge will tell again (S7).
      const delayMs = this.#backoff.next();
      this.log.warn('client cannot be accepted now', { channel: this.description, reason: messageOf(error), delayMs });
      this.#again = setTimeout(() => this.#acceptNext(), delayMs);
      return;
    }
    this.#hasEnded = false;
    this.#backoff.reset();
    this.enter('connected');
  }

  #onEnd(gone: boolean): void {
    if (gone) return this.giveUp();
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.passOnEnd();
  }

  protected override giveUp(reason?: unknown): void {
    this.detach('waiting', reason);
    this.#acceptNext();
  }
}
