import {
  type Channel,
  type ChannelEvents,
  type ChannelHistory,
  type ChannelState,
  HIGH_WATER,
} from '#system-agent/channels/channel.ts';

/** A channel whose host is the test. Written bytes are kept until `drain`, so that a slow host is one that does not. */
export class FakeChannel implements Channel {
  readonly description = 'fake';
  state: ChannelState = 'closed';
  paused = false;
  hungUp = false;
  resets = 0;
  #events: ChannelEvents | undefined;
  #written: Buffer[] = [];
  #waiting = 0;
  readonly #listeners = new Set<() => void>();

  constructor(private readonly highWater = HIGH_WATER) {}

  describe(): ChannelHistory {
    return { since: 0, why: undefined, received: 0, sent: 0 };
  }

  onState(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** The device comes or goes. */
  enter(state: ChannelState): void {
    this.state = state;
    for (const listener of this.#listeners) listener();
  }

  open(events: ChannelEvents): void {
    this.#events = events;
    this.state = 'waiting';
  }

  connect(): void {
    this.state = 'connected';
    this.hungUp = false;
    this.#events?.connected();
  }

  disconnect(): void {
    this.state = 'waiting';
    this.#waiting = 0;
    this.#events?.disconnected();
  }

  /** The host sends; a test that sends while the channel is paused breaks the channel's promise. */
  say(bytes: Uint8Array | string): void {
    if (this.paused) throw new Error('the channel is paused');
    this.#events?.data(Buffer.from(bytes as string));
  }

  end(): void {
    this.#events?.ended();
  }

  /** The host closes its end, and what it has said is still to be read. */
  leave(): void {
    this.#events?.left?.();
  }

  /** The host reads everything. @returns what was written since the last time, as Latin-1 */
  drain(): string {
    const text = Buffer.concat(this.#written).toString('latin1');
    this.#written = [];
    const wasFull = this.#waiting > this.highWater;
    this.#waiting = 0;
    if (wasFull) this.#events?.drained();
    return text;
  }

  write(bytes: Uint8Array, lent: Uint8Array = Buffer.alloc(0)): boolean {
    if (this.state !== 'connected') return true;
    this.#written.push(Buffer.from(bytes), Buffer.from(lent));
    this.#waiting += bytes.length + lent.length;
    return this.#waiting <= this.highWater;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  hangUp(): void {
    this.hungUp = true;
  }

  /** The host of a reset channel comes back when the test says `connect`. */
  reset(): void {
    if (this.state !== 'connected') return;
    this.resets++;
    this.disconnect();
  }

  async close(): Promise<void> {
    this.state = 'closed';
    this.#events = undefined;
  }
}
