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
}

export interface Inventory {
  operatingSystem(): OperatingSystem;
  /** gethostname(2), asked each time. */
  hostName(): string;
}
