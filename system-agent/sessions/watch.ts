import { isDeepStrictEqual } from 'node:util';
import type { Bus } from '#shared/dbus/bus.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { type CgroupOwner, ownerOfCgroup } from './cgroup.ts';
import { Logind } from './logind.ts';
import type { Session, Sessions, SessionsSnapshot } from './sessions.ts';
import { type UtmpFiles, UtmpSessions } from './utmp.ts';

/** A logind that restarts, as at an upgrade, is back sooner; so long what it said last is believed. */
const GRACE_MS = 2_000;

/** Who is logged in: from logind while there is one, else from the login records. */
export class SessionsWatch implements Sessions, Service {
  readonly name = 'sessions-watch';
  readonly #logind: Logind;
  readonly #utmp: UtmpSessions;
  readonly #listeners = new Set<(now: SessionsSnapshot, before: SessionsSnapshot) => void>();
  #snapshot: SessionsSnapshot = { sessions: [], source: 'unknown' };
  #grace: NodeJS.Timeout | undefined;
  #onUtmp = false;

  /** @param bus the system bus; a service of its own, started before this one */
  constructor(
    bus: Bus,
    files: UtmpFiles,
    private readonly log: Log,
  ) {
    this.#logind = new Logind(bus, log, (sessions) => this.#fromLogind(sessions));
    this.#utmp = new UtmpSessions(files, log, (sessions) => this.#fromUtmp(sessions));
  }

  async start(): Promise<void> {
    this.#logind.start();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#grace);
    this.#logind.stop();
    this.#utmp.stop();
  }

  get snapshot(): SessionsSnapshot {
    return this.#snapshot;
  }

  onChange(listener: (now: SessionsSnapshot, before: SessionsSnapshot) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  lookup(cgroup: string): CgroupOwner | undefined {
    return ownerOfCgroup(cgroup);
  }

  #fromLogind(sessions: readonly Session[] | undefined): void {
    if (sessions === undefined) {
      if (this.#snapshot.source === 'logind') this.#grace ??= setTimeout(() => this.#fallBack(), GRACE_MS);
      else this.#fallBack();
      return;
    }
    clearTimeout(this.#grace);
    this.#grace = undefined;
    if (this.#onUtmp) {
      this.#onUtmp = false;
      this.#utmp.stop();
      this.log.info('sessions from logind');
    }
    this.#set({ sessions, source: 'logind' });
  }

  #fallBack(): void {
    this.#grace = undefined;
    if (this.#onUtmp) return;
    this.#onUtmp = true;
    this.#utmp.start();
  }

  #fromUtmp(sessions: readonly Session[] | undefined): void {
    if (!this.#onUtmp) return;
    this.#set(sessions === undefined ? { sessions: [], source: 'none' } : { sessions, source: 'utmp' });
  }

  #set(now: SessionsSnapshot): void {
    const before = this.#snapshot;
    if (isDeepStrictEqual(now, before)) return;
    this.#snapshot = now;
    for (const listener of [...this.#listeners]) listener(now, before);
  }
}
