import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { Word } from './console.ts';
import { type Effect, type Input, initial, presentWords, type SessionEvent, type State, step } from './machine.ts';
import type { Agent } from './served.ts';
import type { Served, Sessions } from './sessions.ts';

/** Hosts hear who is at the machine this long after it has changed. */
const QUIET_MS = 200;

/** Feeds the machine and carries out what it decides: the one place that knows which session is served. */
export class SessionDirector implements Service {
  readonly name = 'sessions';
  readonly #failed = (error: unknown) => this.log.error('a listener of the sessions failed', { error });
  readonly #served = new Listeners<[now: Served | undefined, before: Served | undefined]>(this.#failed);
  readonly #words = new Listeners<[word: Word]>(this.#failed);
  readonly #events = new Listeners<[event: SessionEvent]>(this.#failed);
  readonly #waiting: Input[] = [];
  #state: State = initial;
  #working = false;
  #subscription: Disposable | undefined;
  #quiet: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: Sessions,
    private readonly log: Log,
  ) {}

  async start(): Promise<void> {
    this.#subscription = this.sessions.onChange((snapshot) => this.#feed({ on: 'sessions', snapshot }));
    this.#feed({ on: 'sessions', snapshot: this.sessions.snapshot });
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    clearTimeout(this.#quiet);
  }

  get served(): Served | undefined {
    return this.#state.served;
  }

  /** What tells a host, that has just come or asks again, who is at the machine. */
  get words(): readonly Word[] {
    return presentWords(this.#state);
  }

  /** The agents that have said hello now; called by the session link at each change. */
  setAgents(agents: readonly Agent[]): void {
    this.#feed({ on: 'agents', agents });
  }

  onServed(listener: (now: Served | undefined, before: Served | undefined) => void): Disposable {
    return this.#served.add(listener);
  }

  onWord(listener: (word: Word) => void): Disposable {
    return this.#words.add(listener);
  }

  onEvent(listener: (event: SessionEvent) => void): Disposable {
    return this.#events.add(listener);
  }

  /** One input at a time: what a listener causes waits until all have heard of the present change. */
  #feed(input: Input): void {
    this.#waiting.push(input);
    if (this.#working) return;
    this.#working = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { state, effects } = step(this.#state, next);
      this.#state = state;
      for (const effect of effects) this.#perform(effect);
    }
    this.#working = false;
  }

  #speak(): void {
    this.#quiet = undefined;
    this.#feed({ on: 'quiet' });
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'serve':
        this.log.info('served session', { session: effect.now?.session.id, clipboard: effect.now?.clipboard });
        return this.#served.call(effect.now, effect.before);
      case 'say':
        return this.#words.call(effect.word);
      case 'await-quiet':
        this.#quiet ??= setTimeout(() => this.#speak(), QUIET_MS);
        return;
      case 'tell':
        return this.#events.call(effect.event);
      case 'count-unexpected':
        return this.log.warn('unexpected among the sessions', { what: effect.what });
    }
  }
}

class Listeners<A extends readonly unknown[]> {
  readonly #all = new Set<(...values: A) => void>();

  /** @param failed told what a listener throws: the others still hear */
  constructor(private readonly failed: (error: unknown) => void) {}

  add(listener: (...values: A) => void): Disposable {
    this.#all.add(listener);
    return { [Symbol.dispose]: () => this.#all.delete(listener) };
  }

  call(...values: A): void {
    for (const listener of [...this.#all]) {
      try {
        listener(...values);
      } catch (error) {
        this.failed(error);
      }
    }
  }
}
