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

/** A piece of memory that can be switched on and off as a whole. */
export interface MemoryBlock {
  /** Its address divided by the size of a block. */
  readonly index: bigint;
  readonly online: boolean;
  /** The kernel's guess: it finds out by trying. */
  readonly canOffline: boolean;
}

export interface MemoryBlocks {
  /** In the system's own order. */
  list(): Promise<readonly MemoryBlock[]>;
  /** Bytes of a block. @throws {Error} when the system does not tell */
  size(): bigint;
}

/** How a switch ended. The words are those of guest-set-memory-blocks; `errno` is the system's number for the reason. */
export type MemorySwitchResult =
  | { readonly outcome: 'success' }
  | { readonly outcome: 'not-found' | 'operation-not-supported' | 'operation-failed'; readonly errno: number };

export interface MemorySwitch {
  /** Takes a block into use or out of it, which may take seconds. One that is so already stays so. */
  setOnline(index: bigint, online: boolean): Promise<MemorySwitchResult>;
}
