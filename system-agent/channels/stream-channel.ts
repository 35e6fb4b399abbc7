import { messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { ByteStream, type StreamEvents, type StreamOptions } from '#shared/socket/byte-stream.ts';
import { type Channel, type ChannelEvents, type ChannelHistory, type ChannelState, HIGH_WATER } from './channel.ts';

/** The half of a channel that is the same for all: its state, one log line for each change, and the present stream. */
export abstract class StreamChannel implements Channel {
  readonly description: string;
  protected readonly log: Log;
  #state: ChannelState = 'closed';
  #events: ChannelEvents = nobody;
  #stream: ByteStream | undefined;
  #isPaused = false;
  #since = performance.now();
  #why: string | undefined;
  #received = 0;
  #sent = 0;
  readonly #listeners = new Set<() => void>();

  constructor(description: string, log: Log) {
    this.description = description;
    this.log = log;
  }

  get state(): ChannelState {
    return this.#state;
  }

  describe(): ChannelHistory {
    return { since: this.#since, why: this.#why, received: this.#received, sent: this.#sent };
  }

  onState(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  open(events: ChannelEvents): void {
    this.#events = events;
    this.start();
  }

  write(bytes: Uint8Array, lent?: Uint8Array): boolean {
    if (this.#state !== 'connected' || this.#stream === undefined) return true;
    this.#sent += bytes.length + (lent?.length ?? 0);
    return this.#stream.write(bytes, lent);
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream?.resume();
  }

  hangUp(): void {}

  reset(reason: string): void {
    if (this.#state === 'connected') this.giveUp(reason);
  }

  async close(): Promise<void> {
    this.stop();
    this.#stream?.close(); // while the user can still say whether it is at rest
    this.#events = nobody;
    this.detach('closed');
  }

  protected abstract start(): void;
  /** Releases what `start` took, but for the stream. Idempotent. */
  protected abstract stop(): void;
  /** Ends the present connection, and looks for the next one. */
  protected abstract giveUp(reason: unknown): void;

  protected get stream(): ByteStream | undefined {
    return this.#stream;
  }

  /** The part of a stream's events that goes straight to the channel's user. */
  protected passOn(): Pick<StreamEvents, 'data' | 'drained' | 'hungUp'> {
    return {
      data: (bytes) => {
        this.#received += bytes.length;
        this.#events.data(bytes);
      },
      drained: () => this.#events.drained(),
      hungUp: () => this.#events.left?.(),
    };
  }

  protected get isAtRest(): boolean {
    return this.#events.isAtRest;
  }

  protected passOnEnd(): void {
    this.#events.ended();
  }

  /**
   * Makes `fd` the way to the host; the caller then enters a state. The first event comes in a later turn.
   * @throws {Error} errno error when the descriptor cannot be watched; it is closed then.
   */
  protected attach(fd: number, events: StreamEvents, options: Pick<StreamOptions, 'device' | 'isAtRest'>): void {
    this.#stream = new ByteStream(fd, events, { ...options, paused: this.#isPaused, highWater: HIGH_WATER });
  }

  /** Gives the stream up and enters `state`. */
  protected detach(state: ChannelState, reason?: unknown): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.enter(state, reason);
  }

  /** Tells log and user of a change of state; entering the present one says nothing. */
  protected enter(state: ChannelState, reason?: unknown): void {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    this.#since = performance.now();
    this.#why = reason === undefined ? undefined : messageOf(reason);
    const fields = { channel: this.description, state, ...(this.#why !== undefined && { reason: this.#why }) };
    if (state === 'busy') this.log.warn(STATE_CHANGED, fields);
    else this.log.info(STATE_CHANGED, fields);
    if (before === 'connected') {
      this.#stream?.drop();
      this.#events.disconnected();
    } else if (state === 'connected') {
      this.#events.connected();
    }
    for (const listener of this.#listeners) listener();
  }
}

export const STATE_CHANGED = 'channel changed its state';

const nobody: ChannelEvents = {
  connected: () => {},
  data: () => {},
  drained: () => {},
  ended: () => {},
  disconnected: () => {},
  isAtRest: true,
};
