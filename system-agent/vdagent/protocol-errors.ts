import type { Log } from '#shared/log/log.ts';

/**
 * Messages that are wrong in themselves, or come when they mean nothing (S9). They are counted and never answered; the
 * first of each kind has a line in the log, for a host can send thousands a second.
 */
export class ProtocolErrors {
  readonly #counts = new Map<string, number>();

  constructor(private readonly log: Log) {}

  /** How many of each kind there were. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** @param kind one of a few fixed words, never made of what the host sent */
  count(kind: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const before = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, before + 1);
    if (before === 0) this.log.warn('message ignored', { reason: kind, ...fields });
  }
}
