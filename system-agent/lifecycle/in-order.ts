import { setImmediate as turn } from 'node:timers/promises';
import { after } from '#shared/lifecycle/after.ts';
import type { Log } from '#shared/log/log.ts';
import type { Happening, Lifecycle, LifecycleEvent } from './lifecycle.ts';

export interface InOrderParts {
  /** Runs the programs for one event, and kills what still runs when the signal is aborted. Never rejects. */
  readonly run: (happening: Happening, signal: AbortSignal) => Promise<void>;
  /** While file systems are frozen nothing may be started (F2). */
  readonly isFrozen: () => boolean;
  readonly log: Log;
  /** How long all programs of an event may take while the host waits. */
  readonly awaitedMs?: number;
}

/** VDSM waits ten seconds, of which the way there and back takes some. Source: guest_lifecycle_event_reply_timeout. */
const AWAITED_MS = 8_000;
/** The same while it does not. */
const LONGEST_MS = 60_000;
/** A host says two at a time; what a flood of them is about is over before they have run. */
const MAX_WAITING = 4;

const BEFORE: Readonly<Partial<Record<LifecycleEvent, LifecycleEvent>>> = {
  after_migration: 'before_migration',
  after_hibernation: 'before_hibernation',
};

interface Waiting {
  readonly happening: Happening;
  readonly deadline: AbortController;
  /** Its programs have run, or will not run. */
  readonly end: () => void;
}

/**
 * One event at a time, in the order in which the host has said them. Time counts from the word, so whoever waits is told in
 * time however long others take. A `before` that has not begun when its `after` comes is not run at all: VDSM says it when
 * the guest stands still already, so that both are read when it is over.
 */
export class InOrder implements Lifecycle {
  readonly #waiting: Waiting[] = [];
  #isWorking = false;

  constructor(private readonly parts: InOrderParts) {}

  async happened(happening: Happening): Promise<void> {
    const { event } = happening;
    const { awaitedMs = AWAITED_MS } = this.parts;
    this.#dropWhatIsOver(event);
    if (this.#waiting.length === MAX_WAITING) return this.#skipped(event, 'too many wait');
    const deadline = new AbortController();
    using _timer = after(happening.isAwaited ? awaitedMs : LONGEST_MS, () => deadline.abort());
    const ended = new Promise<void>((end) => {
      this.#waiting.push({ happening, deadline, end });
      deadline.signal.addEventListener('abort', () => end());
    });
    void this.#work();
    await ended;
  }

  #dropWhatIsOver(event: LifecycleEvent): void {
    for (const waiting of this.#waiting.filter((one) => one.happening.event === BEFORE[event])) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      this.#skipped(waiting.happening.event, 'it is over');
      waiting.end();
    }
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    await turn(); // what was read together with it is to be known
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await this.#run(next);
    this.#isWorking = false;
  }

  async #run({ happening, deadline, end }: Waiting): Promise<void> {
    if (deadline.signal.aborted) this.#skipped(happening.event, 'others took too long');
    else if (this.parts.isFrozen()) this.#skipped(happening.event, 'file systems are frozen');
    else await this.parts.run(happening, deadline.signal);
    end();
  }

  #skipped(event: LifecycleEvent, reason: string): void {
    this.parts.log.warn('hooks were not run', { event, reason });
  }
}
