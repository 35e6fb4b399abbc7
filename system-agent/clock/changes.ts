/** Nanoseconds at one moment. */
export interface ClockReadings {
  /** Since 1970, as somebody has set it. */
  readonly wall: bigint;
  /** Since the system started. */
  readonly boot: bigint;
  /** The same without the time in which it slept. */
  readonly awake: bigint;
}

export interface ClockChanges {
  read(): ClockReadings;
  /**
   * Calls back after the system clock was set or the system has woken up, perhaps for nothing.
   * @throws {Error} errno error when the system does not tell
   */
  onSet(listener: () => void): Disposable;
}
