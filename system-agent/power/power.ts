/** Ways to end the guest's run. The words are those of guest-shutdown. */
export type ShutdownMode = 'powerdown' | 'halt' | 'reboot';

export interface Power {
  /**
   * Asks the system to shut down; resolves when it has accepted.
   * @throws {AgentError} 'failed' with what the system's tool said
   */
  shutdown(mode: ShutdownMode): Promise<void>;
  /**
   * Announces a shutdown to whoever is logged in; resolves when the system has accepted. A later one takes its place.
   * @throws {AgentError} 'failed' with what the system's tool said; 'unsupported' for a delay that it cannot keep
   */
  schedule(plan: ShutdownPlan): Promise<void>;
}

export interface ShutdownPlan {
  readonly mode: ShutdownMode;
  /** Where the system counts in minutes it is rounded up, so that nobody has less time than was said. */
  readonly delaySeconds: number;
  /** For people who are logged in; one line. */
  readonly message: string;
}
