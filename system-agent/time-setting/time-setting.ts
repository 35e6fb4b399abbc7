/** Sets the guest's clocks; reading them is another port (clock/). */
export interface TimeSetting {
  /**
   * Sets the system clock and then the hardware clock after it, which takes up to a second. When the second step fails the
   * first one stays.
   * @param nanoseconds since 1970-01-01 UTC, not negative
   * @throws {AgentError} 'failed' with the step and its reason
   */
  set(nanoseconds: bigint): Promise<void>;
  /**
   * Sets the system clock after the hardware clock, which takes up to a second: what a machine does that was asleep.
   * @throws {AgentError} 'failed' with the reason
   */
  setFromHardware(): Promise<void>;
}
