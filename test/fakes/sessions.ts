import { ownerOfCgroup } from '#system-agent/sessions/cgroup.ts';
import type { Session, Sessions, SessionsSnapshot } from '#system-agent/sessions/sessions.ts';

/** Sessions that come and go as the test says. */
export class FakeSessions implements Sessions {
  readonly #listeners = new Set<(now: SessionsSnapshot, before: SessionsSnapshot) => void>();
  snapshot: SessionsSnapshot;

  constructor(...sessions: Session[]) {
    this.snapshot = { sessions, source: 'logind' };
  }

  onChange(listener: (now: SessionsSnapshot, before: SessionsSnapshot) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  lookup = ownerOfCgroup;

  set(sessions: readonly Session[], source: SessionsSnapshot['source'] = 'logind'): void {
    const before = this.snapshot;
    this.snapshot = { sessions, source };
    for (const listener of [...this.#listeners]) listener(this.snapshot, before);
  }
}
