import { AgentError, messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Log } from '#shared/log/log.ts';
import { type Watch, watchReadiness } from '#shared/native/readiness.ts';
import { acceptUnix } from '#shared/native/unix-socket.ts';
import type { ListeningSocket } from './listening-socket.ts';

/** Clients taken in one turn of the loop: one that only connects must not keep us from the others. */
const ACCEPTS_PER_TURN = 64;
const ACCEPT_AGAIN_MS = [100, 5_000] as const;
/** A path that somebody else holds, or that we may not use, is a state (L4). */
const LISTEN_AGAIN_MS = [1_000, 60_000] as const;

export interface AcceptorOptions {
  /** How to get the listening socket. An AgentError is said in the log, and it is tried again later. */
  readonly listen: () => ListeningSocket;
  /** Owns `fd` from the call on, also when it throws. */
  readonly receive: (fd: number) => void;
  /** While false nobody is taken: clients wait in the kernel. `proceed` asks again. Absent: always true. */
  readonly ready?: () => boolean;
  /** What cannot be done without the socket: "sessions cannot connect". */
  readonly complaint: string;
  readonly log: Log;
}

/** Takes the clients of one listening socket, for ever. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #acceptBackoff = new Backoff(...ACCEPT_AGAIN_MS);
  readonly #listenBackoff = new Backoff(...LISTEN_AGAIN_MS);
  #listener: ListeningSocket | undefined;
  #arrivals: Watch | undefined;
  #again: Disposable | undefined;

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  start(): void {
    const { listen, complaint, log } = this.#options;
    try {
      this.#listener = listen();
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      const delayMs = this.#listenBackoff.next();
      log.warn(complaint, { reason: error.message, delayMs });
      this.#again = after(delayMs, () => this.start());
      return;
    }
    this.proceed();
  }

  /** To be called when it may be ready by now. */
  proceed(): void {
    const { ready = () => true } = this.#options;
    if (this.#listener === undefined || this.#arrivals !== undefined || !ready()) return;
    this.#arrivals = watchReadiness(this.#listener.fd, () => this.#accept());
  }

  /** Idempotent. */
  stop(): void {
    this.#again?.[Symbol.dispose]();
    this.#arrivals?.close();
    this.#arrivals = undefined;
    this.#listener?.close();
    this.#listener = undefined;
  }

  #accept(): void {
    const { receive, complaint, log } = this.#options;
    this.#again?.[Symbol.dispose]();
    if (this.#listener === undefined) return;
    try {
      for (let count = 0; count < ACCEPTS_PER_TURN; count++) {
        const fd = acceptUnix(this.#listener.fd);
        if (fd === undefined) return;
        receive(fd);
        this.#acceptBackoff.reset();
      }
      this.#again = after(0, () => this.#accept());
    } catch (error) {
      // Out of descriptors or memory: clients wait in the kernel, and no edge will tell again (S7).
      const delayMs = this.#acceptBackoff.next();
      log.warn(complaint, { reason: messageOf(error), delayMs });
      this.#again = after(delayMs, () => this.#accept());
    }
  }
}
