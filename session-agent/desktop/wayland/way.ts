import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#shared/dbus/bus.ts';
import { AgentError, type ErrorCode, messageOf } from '#shared/errors.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Log } from '#shared/log/log.ts';
import type { WaylandConnection } from './connection.ts';
import type { Registry } from './registry.ts';

/** What ways have to go by. */
export interface Place {
  readonly connection: WaylandConnection;
  readonly registry: Registry;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The session's, for desktops that are spoken to there. */
  readonly bus: Bus | undefined;
  readonly log: Log;
  /** As SessionInfo has it. */
  readonly pollsClipboard: boolean;
  /** Abandons what is being opened. */
  readonly signal: AbortSignal;
}

/** One way to a port. A new one is a file that exports it, and a line in the port's list. */
export interface Way<P> {
  /** As people read it: "ext-data-control". */
  readonly name: string;
  /** Interfaces of the compositor that it goes by: when one of them comes or goes, ways are chosen anew. */
  readonly globals: readonly string[];
  /** @throws {AgentError} why it is not to be had here, for people */
  open(place: Place): Promise<Opened<P>>;
}

export interface Opened<P> extends AsyncDisposable {
  readonly port: P;
  /** Resolves with the reason when this way has ended without our doing; ways are chosen anew then. */
  readonly ended?: Promise<string>;
}

/** The best way that there is, or why there is none. */
export type Choice<P> =
  | { readonly by: string; readonly opened: Opened<P> }
  | {
      readonly why: string;
      readonly opened?: undefined;
      /** Those that did not work now: what is asked there is not up yet, or too busy to answer. */
      readonly later: readonly Way<P>[];
    };

/** What stays so for as long as the desktop offers what it does. */
const FINAL: ReadonlySet<string> = new Set<ErrorCode>(['unsupported', 'refused', 'not-found', 'invalid-argument']);
/** Between two attempts at a way that did not work. */
const AGAIN_MS = 5_000;
const LONGEST_AGAIN_MS = 120_000;

/**
 * Takes the first way that can be had. Rule W1: what is offered is found out here and now, never told from versions.
 * @throws when the compositor has gone meanwhile
 */
export async function choose<P>(port: string, ways: readonly Way<P>[], place: Place): Promise<Choice<P>> {
  const reasons: string[] = [];
  const later: Way<P>[] = [];
  for (const way of ways) {
    try {
      const opened = await way.open(place);
      place.log.info('way chosen', { port, by: way.name, ...(reasons.length > 0 && { not: reasons.join('; ') }) });
      return { by: way.name, opened };
    } catch (error) {
      if (!place.connection.isAlive || place.signal.aborted) throw error;
      reasons.push(`${way.name}: ${messageOf(error)}`);
      if (!(error instanceof AgentError && FINAL.has(error.code))) later.push(way);
    }
  }
  const why = reasons.length > 0 ? reasons.join('; ') : 'no way is known';
  place.log.warn('the desktop cannot do this', { port, why });
  return { why, later };
}

/**
 * Tries ways again, ever more seldom, until one can be had; it is not kept.
 * @returns which
 * @throws when `place.signal` is aborted
 */
export async function untilPossible(
  ways: readonly Way<unknown>[],
  place: Place,
  wait: typeof sleep = sleep,
): Promise<string> {
  const backoff = new Backoff(AGAIN_MS, LONGEST_AGAIN_MS);
  for (;;) {
    await wait(backoff.next(), undefined, { signal: place.signal });
    for (const way of ways) {
      const opened = await way.open(place).catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
      if (opened !== undefined) return `${way.name} can be had now`;
    }
  }
}
