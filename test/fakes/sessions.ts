import type { ServedDecision } from '#system-agent/session-link/served.ts';
import type { Served, Session, Sessions, SessionsSnapshot } from '#system-agent/sessions/sessions.ts';

/** An active graphical session of user 1000 on seat0, but for what is given. */
export function session(parts: Partial<Session> = {}): Session {
  return {
    id: '1',
    uid: 1000,
    user: 'alice',
    class: 'user',
    type: 'x11',
    seat: 'seat0',
    active: true,
    locked: false,
    state: 'active',
    ...parts,
  };
}

/** Sessions as the test says; a process is where `places` says, whatever its control group. */
export class FakeSessions implements Sessions {
  snapshot: SessionsSnapshot;
  /** By the text that is looked up; `''` for any other. */
  readonly places = new Map<string, { readonly session?: string; readonly uid?: number }>();
  readonly #listeners = new Set<(now: SessionsSnapshot, before: SessionsSnapshot) => void>();

  constructor(sessions: readonly Session[] = [], source: SessionsSnapshot['source'] = 'logind') {
    this.snapshot = { sessions, source };
  }

  change(sessions: readonly Session[], source = this.snapshot.source): void {
    const before = this.snapshot;
    this.snapshot = { sessions, source };
    for (const listener of [...this.#listeners]) listener(this.snapshot, before);
  }

  onChange(listener: (now: SessionsSnapshot, before: SessionsSnapshot) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  lookup(cgroup: string): { readonly session?: string; readonly uid?: number } | undefined {
    return this.places.get(cgroup) ?? this.places.get('');
  }
}

/** A decision that the test makes. */
export class FakeDecision implements ServedDecision {
  served: Served | undefined;
  /** What the link said last. */
  agents: readonly { readonly session: string; readonly uid: number }[] = [];
  readonly #listeners = new Set<(now: Served | undefined) => void>();

  serve(served: Served | undefined): void {
    this.served = served;
    for (const listener of [...this.#listeners]) listener(served);
  }

  setAgents(agents: readonly { readonly session: string; readonly uid: number }[]): void {
    this.agents = agents;
  }

  onServed(listener: (now: Served | undefined) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }
}
