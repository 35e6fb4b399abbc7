export interface Processor {
  /** As the kernel numbers them, with gaps. */
  readonly id: bigint;
  readonly online: boolean;
  readonly canOffline: boolean;
}

/** What one processor has spent its time on since the system started, in milliseconds. */
export interface ProcessorTimes {
  readonly id: number;
  readonly user: bigint;
  readonly nice: bigint;
  readonly system: bigint;
  readonly idle: bigint;
  /** Those that an old kernel lacks are undefined. */
  readonly ioWait: bigint | undefined;
  readonly interrupts: bigint | undefined;
  readonly softInterrupts: bigint | undefined;
  /** Wanted, and given to others by the host. */
  readonly stolen: bigint | undefined;
  readonly guest: bigint | undefined;
  readonly guestNice: bigint | undefined;
}

/** Average number of processes that run or wait to, over the last minutes. */
export interface Load {
  readonly oneMinute: number;
  readonly fiveMinutes: number;
  readonly fifteenMinutes: number;
}

export interface Cpus {
  /**
   * How many processors run now.
   * @throws {Error} when the system does not tell
   */
  online(): number;
  /** All that are there, in the system's own order. */
  list(): Promise<readonly Processor[]>;
  /** Of those that run. @throws {Error} when the system does not tell */
  times(): readonly ProcessorTimes[];
  /** @throws {Error} when the system does not tell */
  load(): Load;
}

export interface CpuSwitch {
  /**
   * Takes a processor into use or out of it. One that is so already stays so.
   * @throws {AgentError} 'not-found'; 'unsupported' for one that must run; 'failed' with the system's reason
   */
  setOnline(id: bigint, online: boolean): Promise<void>;
}
