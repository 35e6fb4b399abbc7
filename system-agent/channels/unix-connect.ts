import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Log } from '#shared/log/log.ts';
import { connectUnix } from '#shared/native/unix-socket.ts';
import { StreamChannel } from './stream-channel.ts';

const CONNECT_AGAIN_MS = [100, 5_000] as const;

/** Connects to a unix socket that the host side serves, again whenever that is not there or goes away. */
export class UnixConnectChannel extends StreamChannel {
  readonly #path: string;
  readonly #backoff = new Backoff(...CONNECT_AGAIN_MS);
  #hasEnded = false;
  #again: NodeJS.Timeout | undefined;

  constructor(path: string, log: Log) {
    super(`unix-connect:${path}`, log);
    this.#path = path;
  }

  override hangUp(): void {
    this.stream?.finish();
  }

  protected override start(): void {
    this.#connect();
  }

  protected override stop(): void {
    clearTimeout(this.#again);
  }

  #connect(): void {
    const { data, drained } = this.passOn();
    const events = {
      present: () => {},
      data: (bytes: Uint8Array) => {
        this.#backoff.reset(); // not on connecting: a server that only accepts and closes is not worth a hurry
        data(bytes);
      },
      drained,
      ended: (gone: boolean) => this.#onEnd(gone),
      failed: (error: unknown) => this.giveUp(error),
    };
    try {
      this.attach(connectUnix(this.#path), events, { device: false });
    } catch (error) {
      return this.giveUp(error);
    }
    this.#hasEnded = false;
    this.enter('connected');
  }

  #onEnd(gone: boolean): void {
    if (gone) return this.giveUp('the peer closed the connection');
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.passOnEnd();
  }

  protected override giveUp(reason: unknown): void {
    this.#again = setTimeout(() => this.#connect(), this.#backoff.next());
    this.detach('missing', reason);
  }
}
