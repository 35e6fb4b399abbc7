import { isClosing, isGraphical, isGreeter, isUser } from './classes.ts';
import type { Session, SessionsSnapshot } from './sessions.ts';

/** Who is at the machine, in the words that oVirt's host knows. `name` '' is nobody. */
export type Word =
  | { readonly word: 'active-user'; readonly name: string }
  | { readonly word: 'session-logon' | 'session-logoff' | 'session-lock' | 'session-unlock' };

/** Whose session was at the machine the last time. */
export interface Former {
  readonly session: Session | undefined;
  /** Who told of it. */
  readonly source: SessionsSnapshot['source'];
}

/**
 * The user's session at the machine, or nobody. A session in the background is still its user's login, but behind a
 * greeter only if it is locked: otherwise its user has left the seat to somebody else.
 * @param former stays while nobody is in the foreground, as in the middle of a switch, and when it ends then, no other takes its
 *   place: the greeter comes. Absent when nothing is known yet
 */
export function atConsole({ sessions, source }: SessionsSnapshot, former?: Former): Session | undefined {
  const logins = sessions.filter(
    (session) => isUser(session) && !isClosing(session) && (session.seat !== undefined || isGraphical(session)),
  );
  const hidden = sessions.some((session) => isGreeter(session) && session.active && !isClosing(session));
  // Only logind knows a foreground.
  const isFollowed = source === 'logind' && former?.source === source;
  const mayStay = ({ id }: Session) => !isFollowed || id === former.session?.id;
  const [best] = logins
    .filter((session) => session.active || session.locked || (!hidden && mayStay(session)))
    .map((session) => ({
      session,
      rank: [
        session.active ? 0 : 1,
        session.seat === 'seat0' ? 0 : session.seat === undefined ? 2 : 1,
        isGraphical(session) ? 0 : 1,
        session.id === former?.session?.id ? 0 : 1,
        session.locked ? 0 : 1,
      ].join(),
    }))
    .sort((a, b) => (a.rank === b.rank ? Number(a.session.id > b.session.id) : a.rank < b.rank ? -1 : 1));
  return best?.session;
}

/** What tells a host that knows nothing yet. */
export function wordsFor(session: Session | undefined): Word[] {
  if (session === undefined) return [{ word: 'session-logoff' }, { word: 'active-user', name: '' }];
  const words: Word[] = [{ word: 'active-user', name: session.user }, { word: 'session-logon' }];
  return session.locked ? [...words, { word: 'session-lock' }] : words;
}

/**
 * What tells a host of a change. A login names its user first, a log-off its end first.
 * @param remains the former session still exists: its user has not logged off
 */
export function wordsBetween(before: Session | undefined, now: Session | undefined, remains: boolean): Word[] {
  if (before === undefined || now === undefined) return before === now ? [] : wordsFor(now);
  if (before.uid !== now.uid) return remains ? wordsFor(now) : [{ word: 'session-logoff' }, ...wordsFor(now)];
  if (before.locked === now.locked) return [];
  return [{ word: now.locked ? 'session-lock' : 'session-unlock' }];
}
