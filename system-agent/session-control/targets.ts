import { AgentError } from '#shared/errors.ts';
import { isClosing, isGraphical, isUser } from '../sessions/classes.ts';
import { atConsole } from '../sessions/console.ts';
import type { Session, SessionsSnapshot } from '../sessions/sessions.ts';
import type { ListedSession, SessionControlParts } from './session-control.ts';

/**
 * Whose screens are to be locked: every desktop of a user, in the foreground or not. Consoles and ssh have no lock.
 * @param hasAgent an agent proves a desktop that logind does not know of
 */
export function toLock({ sessions }: SessionsSnapshot, hasAgent: (id: string) => boolean): readonly Session[] {
  return sessions.filter((one) => isOpen(one) && (isGraphical(one) || hasAgent(one.id)));
}

/** Whose session is to be ended when nobody says which. @throws {AgentError} 'not-found' */
export function toEnd(snapshot: SessionsSnapshot): Session {
  const session = atConsole(snapshot);
  if (session === undefined) throw new AgentError('not-found', 'nobody is logged in at this machine');
  return session;
}

/** @throws {AgentError} 'not-found' also for a greeter's session */
export function named({ sessions }: SessionsSnapshot, id: string): Session {
  const session = sessions.find((one) => one.id === id && isOpen(one));
  if (session === undefined) throw new AgentError('not-found', 'there is no such session of a user');
  return session;
}

/** It is still there, and still the same user's. */
export function remains({ sessions }: SessionsSnapshot, { id, uid }: Session): boolean {
  return sessions.some((one) => one.id === id && one.uid === uid && !isClosing(one));
}

function isOpen(session: Session): boolean {
  return isUser(session) && !isClosing(session);
}

/** Every session there is, with what we have to do with it. */
export function listed(parts: Pick<SessionControlParts, 'sessions' | 'agents' | 'served'>): readonly ListedSession[] {
  const { sessions, agents, served } = parts;
  const present = served();
  return sessions.snapshot.sessions.map((one) => ({
    ...one,
    served: one.id === present,
    hasAgent: agents.hasAgent(one.id),
  }));
}
