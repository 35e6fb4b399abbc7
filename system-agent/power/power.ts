/** Ways to end the guest's run. The words are those of guest-shutdown. */
export type ShutdownMode = 'powerdown' | 'halt' | 'reboot';

export interface Power {
  /**
   * Asks the system to shut down; resolves when it has accepted.
   * @throws {AgentError} 'failed' with what the system's tool said
   */
  shutdown(mode: ShutdownMode): Promise<void>;
}
