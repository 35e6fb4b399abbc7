import type { AgentEvent } from './kinds.ts';

export type StoredEvent = AgentEvent & {
  /** Grows by one with each event, also over those that are forgotten. */
  readonly seq: number;
  /** Microseconds since 1970 by the guest's clock. */
  readonly time: number;
};

/** What a host gets that asks for what came after its cursor. */
export interface Batch {
  /** What to ask with next: the number of the last event here, or what the host has asked with. */
  readonly cursor: number;
  readonly events: readonly StoredEvent[];
  /** Events after the host's cursor that have been forgotten. */
  readonly missed: number;
  /** The host's cursor is from another life of the agent, of which nothing is known: `events` begin with this one. */
  readonly restarted: boolean;
}

/** Asks for all that is still known. */
export const FROM_BEGINNING = 0n;

/** The last events, the older ones forgotten. Pure: no clock, nobody who waits. */
export class EventRing {
  readonly #events: StoredEvent[] = [];
  readonly #first: number;
  #next: number;

  /**
   * @param first number of the first event. Two lives of an agent must not share numbers, or a host could not tell them
   *   apart: the time of the start in microseconds will do
   * @param capacity events that are kept
   * @param most events of one answer; the rest is in the next one
   */
  constructor(
    first: number,
    private readonly capacity: number,
    private readonly most: number,
  ) {
    this.#first = first;
    this.#next = first;
  }

  /** The cursor of somebody who knows everything. */
  get cursor(): number {
    return this.#next - 1;
  }

  /** @param time microseconds since 1970 */
  add(event: AgentEvent, time: number): void {
    this.#events.push({ ...event, seq: this.#next++, time });
    if (this.#events.length > this.capacity) this.#events.shift();
  }

  after(cursor: bigint): Batch {
    const known = this.#knownAs(cursor);
    const from = known ?? this.#first - 1;
    const oldest = this.#next - this.#events.length;
    const begin = Math.max(from + 1, oldest);
    const events = this.#events.slice(begin - oldest, begin - oldest + this.most);
    return {
      cursor: events.at(-1)?.seq ?? this.cursor,
      events,
      missed: begin - (from + 1),
      restarted: known === undefined,
    };
  }

  /** @returns number of the event up to which the host knows this life's; undefined for a cursor of another life */
  #knownAs(cursor: bigint): number | undefined {
    if (cursor === FROM_BEGINNING) return this.#first - 1;
    return cursor >= this.#first - 1 && cursor <= this.cursor ? Number(cursor) : undefined;
  }
}
