/**
 * Ways to let the guest sleep: its state on its disk and the machine off, in memory and the machine waiting, or both.
 * The words are those of the guest-suspend commands.
 */
export type SleepMode = 'disk' | 'ram' | 'hybrid';

export interface Sleep {
  /**
   * Resolves when the system has been told, which may be after it has woken up again.
   * @throws {AgentError} 'unsupported' when nothing in this system can; 'failed' with what the last way said
   */
  sleep(mode: SleepMode): Promise<void>;
}
