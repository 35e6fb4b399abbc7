import type { SessionEvent } from '../../sessions/machine.ts';
import type { EventName } from '../kinds.ts';
import type { Source } from './source.ts';

/** Who tells what becomes of the sessions. */
export interface SessionEvents {
  onEvent(listener: (event: SessionEvent) => void): Disposable;
}

const NAMES = {
  'session-added': 'SESSION_ADDED',
  'session-removed': 'SESSION_REMOVED',
  'session-active': 'SESSION_ACTIVE',
  'session-inactive': 'SESSION_INACTIVE',
  'session-locked': 'SESSION_LOCKED',
  'session-unlocked': 'SESSION_UNLOCKED',
} as const satisfies Readonly<Record<SessionEvent['event'], EventName>>;

export function sessionsSource(sessions: SessionEvents): Source {
  return {
    name: 'sessions',
    listen: (publish) =>
      sessions.onEvent(({ event, session: { id, uid, user, class: kind, type, seat } }) =>
        publish({
          event: NAMES[event],
          data: { session: { id, uid: BigInt(uid), user, class: kind, type, seat } },
        }),
      ),
  };
}
