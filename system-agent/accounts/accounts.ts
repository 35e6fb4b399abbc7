/** A user as the system's databases know it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Absolute path; nothing says that it exists or whose it is. */
  readonly home: string;
}

/**
 * Finds a user by name; undefined when there is none.
 * @throws {AgentError} 'failed' or 'timeout' when the databases cannot be asked
 */
export type FindAccount = (name: string) => Promise<Account | undefined>;
