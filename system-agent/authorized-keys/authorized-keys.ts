/** Keys that let a user in over SSH: lines of `~/.ssh/authorized_keys`, nothing else of it is looked at. */
export interface AuthorizedKeys {
  /**
   * Lines that are neither blank nor comments, without blank space around them, in the file's order.
   * @throws {AgentError} 'not-found' for no such user or file, 'failed' with the reason
   */
  list(user: string): Promise<readonly string[]>;
  /**
   * Appends the keys that are not there yet, or with `reset` makes them the whole content.
   * @throws {AgentError} 'not-found' for no such user, 'failed' with the reason: then nothing has changed
   */
  add(user: string, keys: readonly string[], options: { readonly reset: boolean }): Promise<void>;
  /** Takes out every line that is one of the keys; a missing file has none. @throws {AgentError} as `add` */
  remove(user: string, keys: readonly string[]): Promise<void>;
}
