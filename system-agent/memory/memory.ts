/** The guest's memory at one moment. */
export interface MemorySample {
  /** KiB. */
  readonly totalKib: number;
  readonly freeKib: number;
  readonly buffersKib: number;
  readonly cachedKib: number;
  readonly swapTotalKib: number;
  readonly swapFreeKib: number;
  /** Since the system started. */
  readonly pagesSwappedIn: number;
  readonly pagesSwappedOut: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
}

export interface Memory {
  /**
   * Asked every few seconds, so it costs little and never waits.
   * @throws {Error} when the system does not tell
   */
  sample(): MemorySample;
}
