/** A container of this machine, running or not. Texts are the service's own, and end at a bound. */
export interface Container {
  readonly id: string;
  /** With the slash that Docker puts before them. */
  readonly names: readonly string[];
  readonly image: string;
  readonly command: string;
  /** For people: "Up 2 hours". */
  readonly status: string;
}

export interface Containers {
  /**
   * None where no container service runs.
   * @throws {AgentError} 'failed', 'timeout' or 'malformed' when it does not answer as it should
   */
  list(): Promise<readonly Container[]>;
}
