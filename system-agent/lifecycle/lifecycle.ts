/** What a host says before and after it moves the guest or keeps its state on a disk. The words are oVirt's. */
export const LIFECYCLE_EVENTS = [
  'before_migration',
  'after_migration',
  'before_hibernation',
  'after_hibernation',
] as const;
export type LifecycleEvent = (typeof LIFECYCLE_EVENTS)[number];

export function isLifecycleEvent(name: unknown): name is LifecycleEvent {
  return LIFECYCLE_EVENTS.some((event) => event === name);
}

export interface Happening {
  readonly event: LifecycleEvent;
  /** Of an `after_` event: what was tried did not work. */
  readonly failure: boolean;
  /** The host does nothing else until it is told that we are done. */
  readonly isAwaited: boolean;
}

/** The administrator's programs for these events. */
export interface Lifecycle {
  /**
   * Runs them, one event after the other. Resolves when they have ended, or as soon as a host that waits must be told. Never
   * rejects: how they did is for the log.
   */
  happened(happening: Happening): Promise<void>;
}
