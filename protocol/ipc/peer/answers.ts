import { AgentError } from '#shared/errors.ts';
import type { EncodableObject } from '../framing.ts';
import { formatFailure } from './failure.ts';
import type { Wire } from './wire.ts';

/** Requests of the other side at work at the same time; one that was cancelled counts until its handler is done. */
export const MAX_ANSWERS = 64;

export class Answers {
  readonly #wire: Wire;
  readonly #bug: (error: unknown) => void;
  readonly #working = new Map<number, AbortController>();

  constructor(wire: Wire, bug: (error: unknown) => void) {
    this.#wire = wire;
    this.#bug = bug;
  }

  /** @param work undefined when nobody answers such requests here */
  asked(id: number, name: string, work: ((signal: AbortSignal) => Promise<EncodableObject>) | undefined): void {
    if (this.#working.has(id)) {
      this.#wire.counters.illegal++;
    } else if (work === undefined) {
      this.#fail(id, new AgentError('unsupported', `nobody answers ${name} here`));
    } else if (this.#working.size >= MAX_ANSWERS) {
      this.#fail(id, new AgentError('refused', `${MAX_ANSWERS} requests are at work already`));
    } else {
      void this.#answer(id, work);
    }
  }

  /** The answer may have been on its way: not knowing `id` is no offence. */
  cancelled(id: number): void {
    this.#working.get(id)?.abort();
  }

  close(): void {
    for (const work of this.#working.values()) work.abort();
  }

  async #answer(id: number, work: (signal: AbortSignal) => Promise<EncodableObject>): Promise<void> {
    const controller = new AbortController();
    this.#working.set(id, controller);
    try {
      this.#wire.send({ kind: 'response', id, body: await work(controller.signal) });
    } catch (error) {
      if (!(error instanceof AgentError)) this.#bug(error);
      this.#fail(id, error);
    } finally {
      this.#working.delete(id);
    }
  }

  #fail(id: number, error: unknown): void {
    this.#wire.send({ kind: 'error', id, body: { ...formatFailure(error) } });
  }
}
