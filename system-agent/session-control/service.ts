import { logOff } from '#protocol/ipc/messages/log-off.ts';
import { screenLock } from '#protocol/ipc/messages/screen-lock.ts';
import { messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Session, Sessions } from '../sessions/sessions.ts';
import type {
  ListedSession,
  LockOutcome,
  LoginManager,
  LogOffOutcome,
  SessionControl,
  SessionControlParts,
} from './session-control.ts';
import { listed, named, remains, toEnd, toLock } from './targets.ts';

/** The desktop is given that long to lock, and to take the wish for a log-off. */
const LOCK_MS = 8_000;
const ASK_MS = 5_000;
/** After logind was asked, the desktop has that long to say that it is locked. */
const HINTED_WITHIN_MS = 3_000;

/** A log-off that is under way. */
interface Ending {
  readonly outcome: Promise<LogOffOutcome>;
  /** When it comes without being asked, and on the clock of `performance.now`. */
  due?: { readonly timer: Disposable; readonly at: number };
}

/**
 * Locks and ends sessions (decision 33): through the session's own agent, which reaches its desktop, else through the
 * system. Whoever asks for what is being done already is told of the same.
 */
export class SessionControlService implements SessionControl, Service {
  readonly name = 'session-control';
  readonly #parts: SessionControlParts;
  readonly #manager: LoginManager;
  /** Both by session, so that they are no longer than the list of sessions. */
  readonly #locking = new Map<string, Promise<LockOutcome>>();
  readonly #ending = new Map<string, Ending>();

  constructor(parts: SessionControlParts, manager: LoginManager) {
    this.#parts = parts;
    this.#manager = manager;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    for (const { due } of this.#ending.values()) due?.timer[Symbol.dispose]();
    this.#ending.clear();
  }

  list(): readonly ListedSession[] {
    return listed(this.#parts);
  }

  async lock(id?: string): Promise<readonly LockOutcome[]> {
    const { sessions, agents } = this.#parts;
    const { snapshot } = sessions;
    const which = id === undefined ? toLock(snapshot, (one) => agents.hasAgent(one)) : [named(snapshot, id)];
    return Promise.all(which.map((session) => this.#lockOnce(session)));
  }

  async logOff(id?: string): Promise<LogOffOutcome> {
    const { snapshot } = this.#parts.sessions;
    const session = id === undefined ? toEnd(snapshot) : named(snapshot, id);
    const present = this.#ending.get(session.id);
    if (present !== undefined) return { ...(await present.outcome), seconds: secondsLeft(present) };
    const ending: Ending = { outcome: this.#end(session) };
    this.#ending.set(session.id, ending);
    let seconds = 0;
    try {
      const outcome = await ending.outcome;
      seconds = outcome.seconds;
      return outcome;
    } finally {
      if (seconds === 0) this.#ending.delete(session.id);
      else ending.due = this.#endIn(seconds, session);
    }
  }

  #lockOnce(session: Session): Promise<LockOutcome> {
    const present = this.#locking.get(session.id);
    if (present !== undefined) return present;
    const locking = this.#lock(session).finally(() => this.#locking.delete(session.id));
    this.#locking.set(session.id, locking);
    return locking;
  }

  async #lock(session: Session): Promise<LockOutcome> {
    if (session.locked) return { session, locked: true, why: 'it was locked already' };
    const { agents, locker, log } = this.#parts;
    const failures: string[] = [];
    if (agents.hasAgent(session.id)) {
      try {
        const body = { locker: locker.length === 0 ? undefined : locker };
        const answer = await agents.ask(session.id, screenLock, body, LOCK_MS);
        return this.#tell({ session, ...answer });
      } catch (error) {
        failures.push(`its agent: ${messageOf(error)}`);
      }
    }
    try {
      const hinted = becomesLocked(this.#parts.sessions, session);
      await this.#manager.lock(session.id);
      if (await hinted) return this.#tell({ session, locked: true, by: 'logind' });
      failures.push('logind was asked and no screen lock followed');
    } catch (error) {
      failures.push(`logind: ${messageOf(error)}`);
    }
    log.debug('tried to lock', { session: session.id });
    return this.#tell({ session, locked: false, why: failures.join('; ') });
  }

  #tell(outcome: LockOutcome): LockOutcome {
    const { session, locked, by, why } = outcome;
    const fields = { session: session.id, user: session.user, by, why };
    if (locked) this.#parts.log.info('session locked', fields);
    else this.#parts.log.warn('session could not be locked', fields);
    return outcome;
  }

  async #end(session: Session): Promise<LogOffOutcome> {
    const { grace, log } = this.#parts;
    const fields = { session: session.id, user: session.user };
    const { asked, by, why } =
      grace === 0 ? { asked: false, by: undefined, why: 'there is no time of grace' } : await this.#askKindly(session);
    if (!asked) {
      await this.#manager.terminate(session.id);
      log.info('session ended', { ...fields, why });
      return { session, why, seconds: 0 };
    }
    log.info('session asked to end', { ...fields, by, seconds: grace });
    return { session, by, seconds: grace };
  }

  #endIn(seconds: number, session: Session) {
    const timer = after(seconds * 1000, () => void this.#terminate(session));
    return { timer, at: performance.now() + seconds * 1000 };
  }

  async #askKindly({ id }: Session): Promise<{ asked: boolean; by?: string | undefined; why?: string | undefined }> {
    const { agents } = this.#parts;
    if (!agents.hasAgent(id)) return { asked: false, why: 'it has no session agent' };
    try {
      return await agents.ask(id, logOff, {}, ASK_MS);
    } catch (error) {
      return { asked: false, why: messageOf(error) };
    }
  }

  async #terminate(session: Session): Promise<void> {
    const { sessions, log } = this.#parts;
    const fields = { session: session.id, user: session.user };
    this.#ending.delete(session.id);
    if (!remains(sessions.snapshot, session)) return;
    try {
      await this.#manager.terminate(session.id);
      log.info('session ended after its time of grace', fields);
    } catch (error) {
      log.warn('session could not be ended', { ...fields, why: messageOf(error) });
    }
  }
}

function secondsLeft({ due }: Ending): number {
  return due === undefined ? 0 : Math.max(0, Math.ceil((due.at - performance.now()) / 1000));
}

/** Whether the session says in time that it is locked. */
function becomesLocked(sessions: Sessions, { id }: Session): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (locked: boolean) => {
      watching[Symbol.dispose]();
      deadline[Symbol.dispose]();
      resolve(locked);
    };
    const watching = sessions.onChange(({ sessions }) => {
      if (sessions.some((one) => one.id === id && one.locked)) end(true);
    });
    const deadline = after(HINTED_WITHIN_MS, () => end(false));
  });
}
