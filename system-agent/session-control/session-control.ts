import type { Request } from '#protocol/ipc/definition.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { Session, Sessions } from '../sessions/sessions.ts';

/** One session, as a host sees it. */
export interface ListedSession extends Session {
  /** Its desktop is the one that the SPICE door reaches. */
  readonly served: boolean;
  /** It has a session agent. */
  readonly hasAgent: boolean;
}

export interface LockOutcome {
  readonly session: Session;
  /** Its screen saver or logind says so. */
  readonly locked: boolean;
  /** What did it, or why it is not locked. */
  readonly by?: string | undefined;
  readonly why?: string | undefined;
}

export interface LogOffOutcome {
  readonly session: Session;
  /** Who was asked to end it kindly, or why nobody was. */
  readonly by?: string | undefined;
  readonly why?: string | undefined;
  /** After so many it is ended without being asked; 0: it has been. */
  readonly seconds: number;
}

/** What hosts may do to login sessions. Sessions are named by logind's id. */
export interface SessionControl {
  list(): readonly ListedSession[];
  /**
   * Locks the screens of all users, or of one session, and looks whether they are.
   * @throws {AgentError} 'not-found' no such session of a user; 'refused'
   */
  lock(id?: string): Promise<readonly LockOutcome[]>;
  /**
   * Ends one session, by default the one at the machine: its desktop is asked first, and it is ended after a time of
   * grace whatever the desktop does.
   * @throws {AgentError} 'not-found' no such session of a user, or nobody is at the machine; 'refused'; 'failed'
   */
  logOff(id?: string): Promise<LogOffOutcome>;
}

/** What only the system does to a session. */
export interface LoginManager {
  /** Asks for a lock; that it is locked shows in the session's hint. @throws {AgentError} */
  lock(id: string): Promise<void>;
  /** Ends it with all its programs. @throws {AgentError} */
  terminate(id: string): Promise<void>;
}

/** The agents of all sessions, the served one or not: what is done to a session needs no right of its own. */
export interface SessionAgents {
  hasAgent(session: string): boolean;
  /** @throws {AgentError} 'not-found' the session has no agent; else as `Link.call` */
  ask<Body, Result>(session: string, message: Request<Body, Result>, body: Body, timeoutMs: number): Promise<Result>;
}

export interface SessionControlParts {
  readonly sessions: Sessions;
  readonly agents: SessionAgents;
  /** Whose desktop is at the machine now, by its session's id. */
  readonly served: () => string | undefined;
  /** Started where no screen saver runs, or empty. */
  readonly locker: readonly string[];
  /** Seconds between the kind wish for a log-off and its end. */
  readonly grace: number;
  readonly log: Log;
}

/** How the system controls sessions; the refusing form only lists them. */
export interface SessionControlSystem {
  over(parts: SessionControlParts): SessionControl & Service;
}
