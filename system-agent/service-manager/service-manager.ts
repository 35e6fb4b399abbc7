/** What watches over this process: systemd, or nobody. Decision: docs/decisions/0021-restart-without-a-disconnect.md. */
export interface ServiceManager {
  /** It kills us when `alive` is not called for so long, in milliseconds; undefined: it does not watch. */
  readonly watchdogMs: number | undefined;
  /** All doors are open. */
  ready(): void;
  stopping(): void;
  /** We take so many seconds more for what it waits for, such as our end. */
  needTime(seconds: number): void;
  /** One line for a person. Saying the same again costs nothing. */
  status(text: string): void;
  alive(): void;
}

/**
 * Open files that outlive this process, by name: what a former run of ours has kept is taken over, so that a restart, a
 * crash and an upgrade are no disconnect. Where nobody keeps anything, nothing is ever there to be taken.
 */
export interface DescriptorStore {
  /** A descriptor that a former run has kept: close-on-exec, and the caller's from now on. Undefined: there is none. */
  take(name: string): number | undefined;
  /**
   * Has a copy of `fd` kept for the next run, in place of what has the name now.
   * @returns false when nobody keeps it
   */
  keep(name: string, fd: number): boolean;
  /** The copy is closed. */
  forget(name: string): void;
  /** Closes and forgets what nobody has taken: the configuration has changed. */
  forgetRest(): void;
}

/** Where nobody watches. */
export const noServiceManager: ServiceManager & DescriptorStore = {
  watchdogMs: undefined,
  ready: () => {},
  stopping: () => {},
  needTime: () => {},
  status: () => {},
  alive: () => {},
  take: () => undefined,
  keep: () => false,
  forget: () => {},
  forgetRest: () => {},
};
