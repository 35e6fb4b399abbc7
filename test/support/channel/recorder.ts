import type { Channel, ChannelEvents } from '#system-agent/channels/channel.ts';
import { checkPattern } from './pattern.ts';

export type EventName = keyof ChannelEvents;

/** The user of a channel in a test: notes what happens in order, and checks the bytes of each host. */
export class Recorder implements ChannelEvents {
  /** Names of the events; a run of `data` is one. */
  readonly seen: EventName[] = [];
  /** Bytes of the present or last host. */
  received = 0;
  failure: unknown;
  isAtRest = true;
  readonly #on: (event: EventName, user: Recorder) => void;

  constructor(on: (event: EventName, user: Recorder) => void = () => {}) {
    this.#on = on;
  }

  connected(): void {
    this.received = 0;
    this.#note('connected');
  }

  data(bytes: Uint8Array): void {
    try {
      checkPattern(bytes, this.received);
    } catch (error) {
      this.failure ??= error;
    }
    this.received += bytes.length;
    this.#note('data');
  }

  drained(): void {
    this.#note('drained');
  }

  ended(): void {
    this.#note('ended');
  }

  disconnected(): void {
    this.#note('disconnected');
  }

  count(event: EventName): number {
    return this.seen.filter((name) => name === event).length;
  }

  #note(event: EventName): void {
    if (event !== 'data' || this.seen.at(-1) !== 'data') this.seen.push(event);
    this.#on(event, this);
  }
}

/**
 * Opens a channel for a test and closes it whatever happens.
 * @param on called after each event was noted
 */
export async function withChannel(
  channel: Channel,
  use: (recorder: Recorder) => Promise<void>,
  on?: (event: EventName, user: Recorder) => void,
): Promise<void> {
  const recorder = new Recorder(on);
  channel.open(recorder);
  try {
    await use(recorder);
    if (recorder.failure !== undefined) throw recorder.failure;
  } finally {
    await channel.close();
  }
}
