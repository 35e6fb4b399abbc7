import { AgentError } from '#shared/errors.ts';
import { isClosing, isGraphical } from '../sessions/classes.ts';
import type { Session, Sessions, SessionsSnapshot } from '../sessions/sessions.ts';

/** What the kernel says of a process that has connected (D9). */
export interface Claim {
  readonly uid: number;
  /** Text of /proc/PID/cgroup; undefined when the process is gone. */
  readonly cgroup: string | undefined;
  /** What it says itself: chooses among its user's sessions where the kernel leaves that open, and is worth no more. */
  readonly wanted: string | undefined;
}

/**
 * The session that a process speaks for. Nobody speaks for a session of another user, root neither.
 * @param allowUids users that are served where there is no logind to ask
 * @throws {AgentError} 'refused' with the reason
 */
export function sessionOf(claim: Claim, sessions: Sessions, allowUids: ReadonlySet<number>): string {
  const { snapshot } = sessions;
  if (snapshot.source !== 'logind') {
    if (allowUids.has(claim.uid)) return `uid-${claim.uid}`;
    throw refused(`there is no logind, and user ${claim.uid} is not in [link] allow-uid`);
  }
  if (claim.cgroup === undefined) throw refused('the process has ended');
  const place = sessions.lookup(claim.cgroup);
  if (place === undefined) throw refused('the process belongs to no session');
  if (place.uid !== undefined && place.uid !== claim.uid) throw refused("the process is among another user's");
  return place.session === undefined ? chosen(claim, snapshot) : own(claim, place.session, snapshot);
}

/** In the scope of a session: that one and no other, whatever the process says. */
function own({ uid }: Claim, id: string, { sessions }: SessionsSnapshot): string {
  const session = sessions.find((one) => one.id === id);
  if (session === undefined) throw refused(`session ${id} is gone`);
  if (session.uid !== uid) throw refused(`session ${id} is another user's`);
  return id;
}

/** Below the user's manager, which all sessions of the user share. */
function chosen({ uid, wanted }: Claim, { sessions }: SessionsSnapshot): string {
  const candidates = sessions.filter((one) => one.uid === uid && isGraphical(one) && !isClosing(one));
  const session = wanted === undefined ? foremost(candidates) : candidates.find(({ id }) => id === wanted);
  if (session !== undefined) return session.id;
  throw refused(wanted === undefined ? 'the user has no graphical session' : 'no such graphical session of the user');
}

function foremost(candidates: readonly Session[]): Session | undefined {
  return candidates.find(({ active }) => active) ?? candidates[0];
}

function refused(why: string): AgentError {
  return new AgentError('refused', why);
}
