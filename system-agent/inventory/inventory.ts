/** What kind of system this is. A member that os-release(5) does not have is absent. */
export interface OperatingSystem {
  readonly kernelRelease: string;
  readonly kernelVersion: string;
  readonly machine: string;
  readonly id?: string;
  readonly name?: string;
  readonly prettyName?: string;
  readonly version?: string;
  readonly versionId?: string;
  readonly variant?: string;
  readonly variantId?: string;
  readonly versionCodename?: string;
  /** Of systems that are released continuously and have no `versionId`. */
  readonly buildId?: string;
}

export interface Inventory {
  operatingSystem(): OperatingSystem;
  /** gethostname(2), asked each time. */
  hostName(): string;
  /**
   * The host name with its domain, as `hostname -f` prints it; without one that resolves, the host name alone. It may
   * ask name servers, so it takes its time, which is limited. Never rejects.
   */
  fullHostName(): Promise<string>;
}
