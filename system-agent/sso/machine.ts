import { timingSafeEqual } from 'node:crypto';
import type { Session, SessionsSnapshot } from '../sessions/sessions.ts';
import { type Decision, decide, type OtherUser } from './decision.ts';

/**
 * The life of one login: offered by a host, waiting for a greeter or lock screen, announced to it with a token, taken by
 * whoever brings that token back. Pure: no socket, bus, timer or secret; times are milliseconds of one clock that never jumps.
 *
 * A shell keeps a token that it hears while it needs none, and would use it at its next lock. So none is announced to an
 * unlocked session, and one dies as soon as what it was for is over. docs/decisions/0035-single-sign-on.md
 */
export const LIMITS = {
  /** From the offer to its end, whatever happens: a guest that boots has its port before its greeter, and may be slow. */
  offerMs: 120_000,
  /** A signal that comes before the shell listens is lost, so it is repeated, each time with a fresh token. */
  repeatMs: 5_000,
  /** Each repetition has the shell begin anew, so that one which needs longer than the last pause is given a longer one. */
  slower: 1.5,
  /** A lock screen that has not come for the token by then is not one that knows how to; GNOME's was seen to take 8 s. */
  checkAfterMs: 15_000,
  wrongTokens: 3,
  offers: 5,
  offersWithinMs: 60_000,
} as const;

export interface Offer {
  readonly uid: number;
  /** As the account is called. */
  readonly name: string;
  /** `unlock`: nothing else will do. */
  readonly wish: 'any' | 'unlock';
}

interface Announced {
  readonly is: 'announced';
  readonly purpose: 'login' | 'unlock';
  readonly session: Session;
  /** Bytes, which the broker wipes when this state is over. */
  readonly token: Buffer;
  /** When the next token replaces this one, and how long after it that is. */
  readonly again: number;
  readonly pause: number;
  /** When the password is checked here instead. */
  readonly checkAt: number | undefined;
}

type Stage = { readonly is: 'waiting' } | Announced | { readonly is: 'checking'; readonly session: Session };

interface Pending {
  readonly offer: Offer;
  readonly until: number;
  readonly wrong: number;
  readonly stage: Stage;
}

export interface State {
  readonly snapshot: SessionsSnapshot;
  /** Why nothing can be announced; undefined when it can. */
  readonly obstacle: string | undefined;
  readonly pending: Pending | undefined;
  /** When the last offers came. */
  readonly recent: readonly number[];
}

export type Input =
  | { readonly on: 'offer'; readonly offer: Offer }
  | { readonly on: 'sessions'; readonly snapshot: SessionsSnapshot }
  | { readonly on: 'obstacle'; readonly obstacle: string | undefined }
  /** Somebody with the right to ask has shown this token. */
  | { readonly on: 'token'; readonly token: Buffer }
  /** What PAM said of user and password: whose they are, or undefined. */
  | { readonly on: 'checked'; readonly uid: number | undefined }
  | { readonly on: 'time' }
  | { readonly on: 'stop' };

export type End = 'taken' | 'unlocked' | 'expired' | 'withdrawn' | 'refused';

export type Effect =
  | { readonly do: 'announce'; readonly token: Buffer }
  /** To whoever has shown the token. */
  | { readonly do: 'give'; readonly user: string }
  | { readonly do: 'check'; readonly user: string }
  | { readonly do: 'unlock'; readonly session: string }
  /** It is over: the password is wiped. */
  | { readonly do: 'end'; readonly how: End; readonly reason: string }
  /** Another login takes the place of the one that was pending. */
  | { readonly do: 'replace' }
  /** This offer is not taken; one that is pending goes on. */
  | { readonly do: 'decline'; readonly reason: string };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export interface Surroundings {
  readonly now: number;
  readonly otherUser: OtherUser;
  /** 128 bits of chance, as hexadecimal digits. */
  newToken(): Buffer;
}

export const initial: State = {
  snapshot: { sessions: [], source: 'unknown' },
  obstacle: 'not started',
  pending: undefined,
  recent: [],
};

export function step(state: State, input: Input, around: Surroundings): Step {
  switch (input.on) {
    case 'offer':
      return offered(state, input.offer, around);
    case 'sessions':
      return settle({ ...state, snapshot: input.snapshot }, around);
    case 'obstacle':
      return obstructed({ ...state, obstacle: input.obstacle }, around);
    case 'token':
      return shown(state, input.token);
    case 'checked':
      return checked(state, input.uid);
    case 'time':
      return later(state, around);
    case 'stop':
      return state.pending === undefined ? still(state) : end(state, 'withdrawn', 'the agent stops');
  }
}

/** When `time` is to be told next; undefined for never. */
export function wakeAt({ pending }: State): number | undefined {
  if (pending === undefined) return undefined;
  const { until, stage } = pending;
  if (stage.is !== 'announced') return until;
  return Math.min(until, stage.again, stage.checkAt ?? until);
}

/** The one that counts now. */
export function tokenOf({ pending }: State): Buffer | undefined {
  return pending?.stage.is === 'announced' ? pending.stage.token : undefined;
}

function still(state: State): Step {
  return { state, effects: [] };
}

function end(state: State, how: End, reason: string, before: readonly Effect[] = []): Step {
  return { state: { ...state, pending: undefined }, effects: [...before, { do: 'end', how, reason }] };
}

function offered(before: State, offer: Offer, around: Surroundings): Step {
  const recent = before.recent.filter((at) => around.now - at < LIMITS.offersWithinMs);
  const decline = (reason: string): Step => ({
    state: { ...before, recent },
    effects: [{ do: 'decline', reason }],
  });
  if (recent.length >= LIMITS.offers) return decline('too many logins within a minute');
  const { pending } = before;
  if (pending !== undefined && (pending.offer.uid !== offer.uid || pending.stage.is === 'checking')) {
    return decline('another login is under way');
  }
  const state = { ...before, recent: [...recent, around.now] };
  const decision = decisionFor(state, offer, around);
  if (decision.do === 'refuse') return { state, effects: [{ do: 'decline', reason: decision.reason }] };
  const fresh: Pending = { offer, until: around.now + LIMITS.offerMs, wrong: 0, stage: { is: 'waiting' } };
  const replaced: Effect[] = pending === undefined ? [] : [{ do: 'replace' }];
  const { state: after, effects } = settle({ ...state, pending: fresh }, around);
  return { state: after, effects: [...replaced, ...effects] };
}

function decisionFor({ snapshot }: State, { uid, wish }: Offer, { otherUser }: Surroundings): Decision {
  const decision = decide(snapshot, uid, otherUser);
  if (wish === 'any' || decision.do === 'unlock' || decision.do === 'refuse') return decision;
  return { do: 'refuse', reason: 'there is no locked session of this user in the foreground' };
}

/** Does what the sessions ask for now. */
function settle(state: State, around: Surroundings): Step {
  const { pending } = state;
  if (pending === undefined) return still(state);
  const decision = decisionFor(state, pending.offer, around);
  const { stage } = pending;
  if (decision.do === 'refuse') return end(state, 'withdrawn', decision.reason);
  if (stage.is === 'waiting') return decision.do === 'wait' ? still(state) : begin(state, pending, decision, around);
  const purpose = stage.is === 'checking' ? 'unlock' : stage.purpose;
  if (decision.do === purpose && decision.session.id === stage.session.id) return still(state);
  // A greeter may go and come again; who had a locked session in front of him has turned to something else.
  if (purpose === 'unlock') return end(state, 'withdrawn', 'the locked session is not in the foreground any more');
  if (decision.do === 'unlock') return end(state, 'withdrawn', 'the user has logged in meanwhile');
  const waiting: Pending = { ...pending, stage: { is: 'waiting' } };
  if (decision.do === 'wait') return still({ ...state, pending: waiting });
  return begin(state, waiting, decision, around);
}

type Wanted = Extract<Decision, { readonly do: 'login' | 'unlock' }>;

function begin(state: State, pending: Pending, { do: purpose, session }: Wanted, around: Surroundings): Step {
  const { obstacle } = state;
  if (purpose === 'unlock' && (obstacle !== undefined || !knowsTokens(session))) return check(state, pending, session);
  if (obstacle !== undefined) return end(state, 'refused', obstacle);
  if (purpose === 'login') return announce(state, pending, { purpose, session, checkAt: undefined }, around);
  // Once: the shell that locks a session has listened since before that.
  return announce(
    state,
    pending,
    { purpose, session, checkAt: around.now + LIMITS.checkAfterMs },
    around,
    LIMITS.offerMs,
  );
}

/** Of all lock screens GNOME's alone comes for a token, and only with GDM, which it asks to reauthenticate. */
function knowsTokens({ service }: Session): boolean {
  return service?.startsWith('gdm') ?? false;
}

function announce(
  state: State,
  pending: Pending,
  wanted: Pick<Announced, 'purpose' | 'session' | 'checkAt'>,
  around: Surroundings,
  pause: number = LIMITS.repeatMs,
): Step {
  const token = around.newToken();
  const { purpose, session, checkAt } = wanted;
  const stage: Announced = { is: 'announced', purpose, session, checkAt, token, pause, again: around.now + pause };
  return { state: { ...state, pending: { ...pending, stage } }, effects: [{ do: 'announce', token }] };
}

function check(state: State, pending: Pending, session: Session): Step {
  const stage: Stage = { is: 'checking', session };
  return { state: { ...state, pending: { ...pending, stage } }, effects: [{ do: 'check', user: session.user }] };
}

/** What is announced cannot be taken any more; a lock screen's password can still be checked here. */
function obstructed(state: State, around: Surroundings): Step {
  const { obstacle, pending } = state;
  if (obstacle === undefined || pending?.stage.is !== 'announced') return still(state);
  if (pending.stage.purpose === 'login') return end(state, 'refused', obstacle);
  return settle({ ...state, pending: { ...pending, stage: { is: 'waiting' } } }, around);
}

function shown(state: State, token: Buffer): Step {
  const { pending } = state;
  if (pending?.stage.is !== 'announced') return still(state);
  const { purpose, session } = pending.stage;
  if (isToken(token, pending.stage.token)) {
    // The module compares the name with that of the session as a text.
    const user = purpose === 'unlock' ? session.user : pending.offer.name;
    return end(state, 'taken', `for ${purpose}`, [{ do: 'give', user }]);
  }
  const wrong = pending.wrong + 1;
  if (wrong >= LIMITS.wrongTokens) return end(state, 'refused', `${wrong} wrong tokens`);
  return still({ ...state, pending: { ...pending, wrong } });
}

/** In constant time, but for the length, which everybody knows. */
function isToken(shown: Buffer, token: Buffer): boolean {
  return shown.length === token.length && timingSafeEqual(shown, token);
}

function checked(state: State, uid: number | undefined): Step {
  const { pending } = state;
  if (pending?.stage.is !== 'checking') return still(state);
  const { session } = pending.stage;
  if (uid === undefined) return end(state, 'refused', 'PAM refuses user or password');
  if (uid !== session.uid) return end(state, 'refused', 'PAM takes the user for another account');
  return end(state, 'unlocked', 'the password was checked here', [{ do: 'unlock', session: session.id }]);
}

const EXPIRED: Readonly<Record<Stage['is'], string>> = {
  waiting: 'no greeter came',
  announced: 'nobody came for it',
  checking: 'PAM does not answer',
};

function later(state: State, around: Surroundings): Step {
  const { pending } = state;
  if (pending === undefined) return still(state);
  const { stage } = pending;
  if (around.now >= pending.until) {
    return end(state, 'expired', EXPIRED[stage.is]);
  }
  if (stage.is !== 'announced') return still(state);
  if (stage.checkAt !== undefined && around.now >= stage.checkAt) return check(state, pending, stage.session);
  return around.now >= stage.again
    ? announce(state, pending, stage, around, stage.pause * LIMITS.slower)
    : still(state);
}
