import { after } from '#shared/lifecycle/after.ts';
import type { Events, EventsRequest } from './events.ts';
import type { AgentEvent, EventName, Publish } from './kinds.ts';
import { type Batch, EventRing } from './ring.ts';

/** Events that are kept, and how many of them one answer has. */
const KEPT = 1024;
const IN_ONE_ANSWER = 128;
/** Of a text in an event, in UTF-16 units: names of users, paths and requests come from people and programs. */
const LONGEST_TEXT = 256;

/**
 * Where events meet those who ask for them. Nobody waits here longer than his request says or than his host stays, and a
 * host has one request at a time, so there are as many waits as doors (L2).
 */
export class EventHub implements Events, Publish {
  readonly #ring: EventRing;
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<(event: AgentEvent) => void>();
  readonly #onAsked = new Set<() => void>();

  /**
   * @param microseconds the time since 1970
   * @param mayTell hosts may be told of such an event now
   */
  constructor(
    private readonly microseconds: () => number,
    private readonly mayTell: (event: EventName) => boolean = () => true,
  ) {
    this.#ring = new EventRing(microseconds(), KEPT, IN_ONE_ANSWER);
  }

  publish(event: AgentEvent): void {
    const isTold = this.mayTell(event.event);
    if (isTold) this.#ring.add(bounded(event), this.microseconds());
    for (const listener of [...this.#listeners]) listener(event);
    if (isTold) this.endWaits();
  }

  async wait({ cursor = BigInt(this.#ring.cursor), timeoutMs, host }: EventsRequest): Promise<Batch> {
    for (const asked of this.#onAsked) asked();
    const now = this.#ring.after(cursor);
    const isNews = now.events.length > 0 || now.restarted;
    if (isNews || timeoutMs === 0 || host.aborted) return now;
    await this.#next(timeoutMs, host);
    return this.#ring.after(cursor);
  }

  /** @param listener called with each event as it comes; it must not throw */
  onEvent(listener: (event: AgentEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** @param listener called when somebody wants to know, before he is answered; it must not throw */
  onAsked(listener: () => void): Disposable {
    this.#onAsked.add(listener);
    return { [Symbol.dispose]: () => this.#onAsked.delete(listener) };
  }

  /** Whoever waits is answered with what there is. */
  endWaits(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #next(timeoutMs: number, host: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        host.removeEventListener('abort', wake);
        deadline[Symbol.dispose]();
        resolve();
      };
      const deadline = after(timeoutMs, wake);
      host.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }
}

/** Lists are cut by who makes them, who can say how much is missing. */
function bounded<T>(value: T): T {
  return map(value) as T;
}

function map(value: unknown): unknown {
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
  if (Array.isArray(value)) return value.map(map);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, map(member)]));
}
