import type { Service } from '#shared/lifecycle/service.ts';

/** Which output of a program is kept. `merged`: both as one, in the order in which they were written. */
export type Capture = 'none' | 'stdout' | 'stderr' | 'separated' | 'merged';

export interface ProgramSpec {
  /** Looked for in PATH when it has no slash; also the program's argv[0]. */
  readonly path: string;
  readonly args: readonly string[];
  /** `NAME=value`, in place of the agent's own environment. */
  readonly environment: readonly string[] | undefined;
  /** Written to its standard input, which then ends; without it the input is empty. */
  readonly input: Uint8Array | undefined;
  readonly capture: Capture;
}

/** One captured stream; `truncated` when the program wrote more than was kept. */
export interface Output {
  readonly bytes: Buffer;
  readonly truncated: boolean;
}

/** How a program ended. Either `exitCode` (0 to 255) or the number of the `signal` that ended it. */
export interface Ending {
  readonly exitCode?: number;
  readonly signal?: number;
  /** Only if the program wrote something that was captured. */
  readonly stdout?: Output;
  readonly stderr?: Output;
}

/**
 * Programs that a host starts and asks about later. They are not killed when the host leaves or the agent stops, they
 * have no deadline, and they are always reaped (E3).
 */
export interface Exec extends Service {
  /**
   * @returns the process id
   * @throws {AgentError} 'failed' when it cannot be started, with GLib's text; 'refused' when too many run already
   */
  run(program: ProgramSpec): Promise<number>;
  /**
   * The ending is told once and then forgotten.
   * @returns undefined while the program runs, or somebody holds its captured output open
   * @throws {AgentError} 'not-found' for a process that was not started here, or whose ending was told or dropped
   */
  poll(pid: bigint): Ending | undefined;
}
