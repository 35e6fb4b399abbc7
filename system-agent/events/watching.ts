import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { EventHub } from './hub.ts';
import type { Source } from './sources/source.ts';

/** Somebody who wants events asks for them at least this often. */
const INTEREST_MS = 300_000;

export interface EventSources {
  /** These cost nothing while nothing happens. */
  readonly always: readonly Source[];
  /** These wake the process with each packet of news, so they are heard only while somebody asks for events. */
  readonly onDemand: readonly Source[];
}

/** Has the sources listen, each as long as it should. */
export class EventWatching implements Service {
  readonly name = 'events';
  readonly #always: Disposable[] = [];
  #onDemand: Disposable[] | undefined;
  #asked: Disposable | undefined;
  #lapse: NodeJS.Timeout | undefined;

  constructor(
    private readonly hub: EventHub,
    private readonly sources: EventSources,
    private readonly log: Log,
  ) {}

  async start(): Promise<void> {
    this.#asked = this.hub.onAsked(() => this.#interest());
    this.#always.push(...this.#listen(this.sources.always));
  }

  async stop(): Promise<void> {
    this.#asked?.[Symbol.dispose]();
    clearTimeout(this.#lapse);
    this.#rest();
    for (const listening of this.#always.splice(0)) listening[Symbol.dispose]();
    this.hub.endWaits();
  }

  #interest(): void {
    if (this.#onDemand === undefined) {
      this.#onDemand = this.#listen(this.sources.onDemand);
      this.#lapse = setTimeout(() => this.#rest(), INTEREST_MS);
    } else this.#lapse?.refresh();
  }

  #rest(): void {
    for (const listening of this.#onDemand ?? []) listening[Symbol.dispose]();
    this.#onDemand = undefined;
  }

  /** One that cannot leaves the others alone. */
  #listen(sources: readonly Source[]): Disposable[] {
    return sources.flatMap((source) => {
      try {
        return source.listen((event) => this.hub.publish(event));
      } catch (error) {
        this.log.warn('some events are not told', { source: source.name, error });
        return [];
      }
    });
  }
}
