import { isClosing } from './classes.ts';
import { atConsole, type Word, wordsBetween, wordsFor } from './console.ts';
import { type Agent, sameServed, serve } from './served.ts';
import type { Served, Session, SessionsSnapshot } from './sessions.ts';

/**
 * What a change of the sessions means. Pure: no bus, no link, no timer.
 *
 * One state holds what is known (sessions, agents) and what follows from it (who is served, who is at the machine); a
 * step replaces the first, works out the second anew and says the difference. So nothing can be forgotten in between.
 */
export interface State {
  /** Undefined before the first snapshot: nothing has been said yet. */
  readonly snapshot: SessionsSnapshot | undefined;
  readonly agents: readonly Agent[];
  readonly served: Served | undefined;
  readonly console: Session | undefined;
  /** What hosts were told last about the console; undefined before the first word. */
  readonly said: { readonly session: Session | undefined } | undefined;
}

export type Input =
  | { readonly on: 'sessions'; readonly snapshot: SessionsSnapshot }
  | { readonly on: 'agents'; readonly agents: readonly Agent[] }
  /** The time that `await-quiet` asked for is over. */
  | { readonly on: 'quiet' };

export interface SessionEvent {
  readonly event:
    | 'session-added'
    | 'session-removed'
    | 'session-active'
    | 'session-inactive'
    | 'session-locked'
    | 'session-unlocked';
  readonly session: Session;
}

export type Effect =
  | { readonly do: 'serve'; readonly now: Served | undefined; readonly before: Served | undefined }
  | { readonly do: 'say'; readonly word: Word }
  /** There is something to say, if it lasts a moment: a switch comes as several changes, a lock behind a greeter too. */
  | { readonly do: 'await-quiet' }
  | { readonly do: 'tell'; readonly event: SessionEvent }
  /** Two sessions of one id, two agents of one session: the first counts. */
  | { readonly do: 'count-unexpected'; readonly what: 'duplicate-session' | 'duplicate-agent' };

export interface Step {
  readonly state: State;
  /** In this order: whoever loses the session hears it before anybody hears of what came instead. */
  readonly effects: readonly Effect[];
}

export const initial: State = {
  snapshot: undefined,
  agents: [],
  served: undefined,
  console: undefined,
  said: undefined,
};

export function step(state: State, input: Input): Step {
  if (input.on === 'quiet') return speak(state);
  if (input.on === 'agents') {
    const [agents, duplicates] = unique(input.agents, ({ session }) => session);
    return settle(state, { ...state, agents }, duplicates, 'duplicate-agent');
  }
  const [sessions, duplicates] = unique(input.snapshot.sessions, ({ id }) => id);
  return settle(state, { ...state, snapshot: { ...input.snapshot, sessions } }, duplicates, 'duplicate-session');
}

/** What a host must hear that has heard nothing, or has asked again. */
export function presentWords(state: State): Word[] {
  return state.snapshot === undefined ? [] : wordsFor(state.console);
}

function settle(before: State, known: State, duplicates: number, what: 'duplicate-session' | 'duplicate-agent'): Step {
  const unexpected = Array.from({ length: duplicates }, (): Effect => ({ do: 'count-unexpected', what }));
  const { snapshot } = known;
  if (snapshot === undefined) return { state: known, effects: unexpected };
  const served = serve(snapshot, known.agents, before.served);
  const source = before.snapshot?.source;
  const console = atConsole(snapshot, source && { session: before.console, source });
  const state = { ...known, served, console };
  return {
    state,
    effects: [
      ...(sameServed(before.served, served) ? [] : [{ do: 'serve', now: served, before: before.served } as const]),
      ...(unsaid(state).length > 0 ? [{ do: 'await-quiet' } as const] : []),
      ...eventsBetween(before.snapshot?.sessions ?? [], snapshot.sessions).map(
        (event): Effect => ({ do: 'tell', event }),
      ),
      ...unexpected,
    ],
  };
}

function speak(state: State): Step {
  if (state.snapshot === undefined) return { state, effects: [] };
  return {
    state: { ...state, said: { session: state.console } },
    effects: unsaid(state).map((word) => ({ do: 'say', word })),
  };
}

function unsaid({ snapshot, console, said }: State): Word[] {
  if (said === undefined) return wordsFor(console);
  const remains = snapshot?.sessions.some((session) => session.id === said.session?.id && !isClosing(session));
  return wordsBetween(said.session, console, remains === true);
}

function eventsBetween(before: readonly Session[], now: readonly Session[]): SessionEvent[] {
  const former = new Map(before.map((session) => [session.id, session]));
  const present = new Set(now.map(({ id }) => id));
  const removed = before
    .filter(({ id }) => !present.has(id))
    .map((session): SessionEvent => ({ event: 'session-removed', session }));
  return [...removed, ...now.flatMap((session) => changes(former.get(session.id), session))];
}

function changes(before: Session | undefined, session: Session): SessionEvent[] {
  const events: SessionEvent['event'][] = [];
  if (before === undefined) events.push('session-added');
  if (session.active !== (before?.active ?? false)) events.push(session.active ? 'session-active' : 'session-inactive');
  if (session.locked !== (before?.locked ?? false)) events.push(session.locked ? 'session-locked' : 'session-unlocked');
  return events.map((event) => ({ event, session }));
}

function unique<T>(items: readonly T[], key: (item: T) => string): [T[], number] {
  const first = new Map<string, T>();
  for (const item of items) if (!first.has(key(item))) first.set(key(item), item);
  return [[...first.values()], items.length - first.size];
}
