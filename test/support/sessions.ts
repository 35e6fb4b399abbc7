import type { Session, SessionsSnapshot } from '#system-agent/sessions/sessions.ts';

/** Alice's desktop in the foreground, unless told otherwise. */
export function session(id: string, changes: Partial<Session> = {}): Session {
  return {
    id,
    uid: 1000,
    user: 'alice',
    class: 'user',
    type: 'wayland',
    seat: 'seat0',
    active: true,
    locked: false,
    state: 'active',
    ...changes,
  };
}

export function greeter(id: string, changes: Partial<Session> = {}): Session {
  return session(id, { uid: 102, user: 'gdm', class: 'greeter', ...changes });
}

export function snapshot(...sessions: Session[]): SessionsSnapshot {
  return { sessions, source: 'logind' };
}
