import { setTimeout as sleep } from 'node:timers/promises';
import { GuestError } from '#host/qga/reply.ts';
import { AgentError } from '#shared/errors.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import { readEvents } from './guest-events.ts';
import type { GuestLink } from './guest-link.ts';
import { ownEvent, type QmpEvent } from './message.ts';

/** The command of our agent that tells what happened since a cursor. */
export const EVENT_COMMAND = 'uga-event-wait';
/** For a question that an agent answers at once; also how long it may take to notice that there is none. */
const ANSWER_MS = 5_000;
/** Between looks for an agent that is not there. */
const AGAIN_MS = [500, 8_000] as const;
/** An agent that will not tell now is frozen, most of the time. */
const REFUSED_MS = 2_000;

/**
 * Asks the guest for events, and whether it is there, until it is stopped. It never waits *in* the guest: the channel
 * takes one request at a time, and whatever a client sends meanwhile would wait with it (D4).
 */
export class EventFeed {
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff(...AGAIN_MS);
  #cursor: bigint | undefined;

  /** @param intervalMs between two questions */
  constructor(
    private readonly link: GuestLink,
    private readonly intervalMs: number,
    private readonly tell: (event: QmpEvent) => void,
  ) {}

  /** Resolves after `stop`. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const pauseMs = await this.#ask(signal);
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  /** @returns how long to wait before the next question */
  async #ask(signal: AbortSignal): Promise<number> {
    const { link } = this;
    const options = { timeoutMs: ANSWER_MS, signal };
    try {
      await link.reach(options);
      // qemu-ga tells no events. Its coming and going is seen all the same.
      if (link.state.kind === 'connected' && link.state.commands.has(EVENT_COMMAND)) {
        this.#take(await link.request(EVENT_COMMAND, this.#question(), options));
      }
      this.#backoff.reset();
      return this.intervalMs;
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      if (error instanceof GuestError) return REFUSED_MS;
      return this.#backoff.next();
    }
  }

  #question(): { readonly [name: string]: bigint | undefined } {
    return { cursor: this.#cursor, timeout: 0n };
  }

  #take(answer: Parameters<typeof readEvents>[0]): void {
    const { cursor, events, missed, restarted } = readEvents(answer);
    this.#cursor = cursor;
    if (restarted) this.tell(ownEvent('UGA_AGENT_RESTARTED', {}));
    if (missed > 0n) this.tell(ownEvent('UGA_EVENTS_MISSED', { missed }));
    for (const event of events) this.tell(event);
  }
}
