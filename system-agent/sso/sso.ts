import type { Secret } from '#shared/bytes/secret.ts';

/** Credentials that a host offers. */
export interface Login {
  /** As the host knows the user: with a domain, maybe. */
  readonly user: string;
  /** Is moved: the caller's is wiped from then on. */
  readonly password: Secret;
  /** `unlock`: nothing else will do. */
  readonly wish: 'any' | 'unlock';
}

/** Logging users in to their desktops with what a host knows of them. docs/decisions/0035-single-sign-on.md */
export interface Sso {
  /**
   * @returns what it does now; how it ends shows in the sessions
   * @throws {AgentError} 'refused' with the reason, 'not-found' no such user, 'invalid-argument' a password that is none
   */
  offer(login: Login): Promise<'waiting' | 'announced' | 'checking'>;
  describe(): SsoDescription;
}

export interface SsoDescription {
  readonly state: 'off' | 'idle' | 'waiting' | 'announced' | 'checking';
  /** Why it is off, or why nothing can be announced. */
  readonly why: string | undefined;
}

/** What of the system it takes. */
export interface SsoSystem {
  /**
   * Does PAM take user and password, and is the account in order?
   * @returns whose they are; undefined when it does not
   * @throws {AgentError} 'failed' or 'timeout' when it cannot say
   */
  check(user: string, password: Secret): Promise<number | undefined>;
  /** Without any question. @throws {AgentError} */
  unlock(session: string): Promise<void>;
}
