/** Somebody who is logged in. */
export interface LoggedInUser {
  readonly user: string;
  /** Seconds since the epoch of the user's earliest login, with microseconds. */
  readonly loginTime: number;
}

export interface Users {
  /** One entry per user name, in the order of the login records. */
  loggedIn(): readonly LoggedInUser[];
}
