import { isClosing, isGraphical, isGreeter } from '../sessions/classes.ts';
import type { Session, SessionsSnapshot } from '../sessions/sessions.ts';

/** What a login is for now. */
export type Decision =
  /** Nobody is in the foreground who could take it; that may change. */
  | { readonly do: 'wait' }
  /** The greeter logs the user in. */
  | { readonly do: 'login'; readonly session: Session }
  /** The user's own session is locked. */
  | { readonly do: 'unlock'; readonly session: Session }
  | { readonly do: 'refuse'; readonly reason: string };

/** What becomes of a login while somebody else's session is in the foreground: that session is never ended. */
export type OtherUser = 'refuse' | 'wait';

/** The seat that hosts look at. */
const SEAT = 'seat0';

/**
 * What to do with the credentials of a user, by who is in the foreground. Accounts are compared by id: a directory knows
 * the same user under several names.
 */
export function decide({ sessions, source }: SessionsSnapshot, uid: number, otherUser: OtherUser): Decision {
  if (source === 'unknown') return { do: 'wait' };
  if (source !== 'logind') return refuse('without logind nobody knows which session is locked');
  const front = sessions.find((one) => one.seat === SEAT && one.active && !isClosing(one));
  if (front === undefined) return { do: 'wait' };
  if (isGreeter(front)) return { do: 'login', session: front };
  if (front.uid !== uid) {
    return otherUser === 'wait' ? { do: 'wait' } : refuse("another user's session is in the foreground");
  }
  if (!isGraphical(front)) return { do: 'wait' };
  return front.locked ? { do: 'unlock', session: front } : refuse('the session of this user is not locked');
}

function refuse(reason: string): Decision {
  return { do: 'refuse', reason };
}
