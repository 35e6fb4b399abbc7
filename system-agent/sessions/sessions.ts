/** One login session, as logind describes it (org.freedesktop.login1.Session). */
export interface Session {
  readonly id: string;
  readonly uid: number;
  readonly user: string;
  /** `user`, `greeter`, `lock-screen`, `background`, `manager`; other words are newer logind's. */
  readonly class: string;
  /** `x11`, `wayland`, `mir`, `tty`, `unspecified`. */
  readonly type: string;
  /** Undefined for sessions without one (ssh, cron). */
  readonly seat: string | undefined;
  /** In the foreground of its seat. */
  readonly active: boolean;
  /** LockedHint: the session's screen lock says so. */
  readonly locked: boolean;
  /** `online`, `active`, `closing`. */
  readonly state: string;
  /** The PAM service that it began with: `gdm-password`, `lightdm`, `sshd`. Undefined where nobody says. */
  readonly service?: string;
}

export interface SessionsSnapshot {
  readonly sessions: readonly Session[];
  /** Where it comes from: logind, or the login records where there is none. `unknown`: nobody has been heard yet. */
  readonly source: 'logind' | 'utmp' | 'none' | 'unknown';
}

/** Who is logged in, told by signals and never polled. */
export interface Sessions {
  readonly snapshot: SessionsSnapshot;
  /** Called after each change, with the present and the former state. */
  onChange(listener: (now: SessionsSnapshot, before: SessionsSnapshot) => void): Disposable;
  /**
   * The session that a process belongs to by its control group: a session scope names it, a user unit
   * (`user@UID.service`) only the user.
   */
  lookup(cgroup: string): { readonly session?: string; readonly uid?: number } | undefined;
}

/** The session that hosts see and reach (D10), and what it may have now. */
export interface Served {
  readonly session: Session;
  /** False while locked and for a greeter. */
  readonly clipboard: boolean;
  readonly files: boolean;
}
