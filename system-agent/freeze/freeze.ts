import type { HookResult } from './hooks/hooks.ts';

export type FreezePhase = 'thawed' | 'freezing' | 'frozen' | 'thawing';

/**
 * What a copy of the disks is worth (F6). `consistent`: every writable local file system stood still, and every hook had
 * done its work. `crash-consistent`: one of these is missing. `lease-expired`: the guest has written before it was told to.
 */
export type Achieved = 'consistent' | 'crash-consistent' | 'lease-expired';

/** The lease of the freezing itself, in seconds: it is given up then. */
export const FREEZING_SECONDS = 60;

/** Longest lease, in seconds. */
export const MAX_LEASE = 86_400;

export interface FreezeDescription {
  readonly phase: FreezePhase;
  /** Seconds since 1970 by the guest's clock; of the freeze that is, or of the last one. */
  readonly since?: number;
  /** Seconds until the guest thaws by itself. */
  readonly leaseLeft?: number;
  /** In the order of freezing. */
  readonly fileSystems: readonly { readonly mountPoint: string; readonly type: string; readonly frozen: boolean }[];
  readonly leftOut: readonly { readonly mountPoint: string; readonly type: string; readonly reason: string }[];
  readonly hooks: readonly HookResult[];
  readonly achieved?: Achieved;
  /** Why the last freeze has ended. */
  readonly ended?: string;
}

/**
 * Stops writing to the local file systems while a host copies the disks. A freeze is a lease: it ends by itself, whatever
 * becomes of this process or of the host (F1). Decision: docs/decisions/0022-freeze-is-a-lease.md.
 */
export interface Freeze {
  /** `thawed` only when nothing is frozen and nothing is being frozen. */
  readonly phase: FreezePhase;
  /**
   * @param mountPoints exactly as the kernel lists them, unknown ones are ignored; undefined: all file systems
   * @returns number of file systems that were frozen; 0 leaves nothing frozen
   * @throws {AgentError} with qemu-ga's words for it; everything is thawed or is being thawed then
   */
  freeze(mountPoints?: readonly string[]): Promise<number>;
  /**
   * Also file systems that somebody else has frozen.
   * @returns number of file systems that were thawed
   * @throws {AgentError} 'failed' once after a freeze that has ended by itself; 'failed' when a hook has failed
   */
  thaw(): Promise<number>;
  /**
   * Has the lease end later or sooner.
   * @param seconds from now, 1 to MAX_LEASE; undefined: the configured lease
   * @returns seconds until it ends
   * @throws {AgentError} 'refused' when nothing is frozen, 'invalid-argument'
   */
  renew(seconds?: number): Promise<number>;
  describe(): FreezeDescription;
  /** Calls back when a freeze is complete and when a freezing or freeze has ended. The listener must not throw or wait. */
  onChange(listener: () => void): Disposable;
  /** Settles when nothing is frozen any more, which the lease bounds. */
  thawed(): Promise<void>;
}
