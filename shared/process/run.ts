/**
 * Runs one program to its end: the only way a feature starts one. No shell, an absolute path, nothing inherited but
 * PATH and a C locale (S2).
 */
export type Run = (argv: readonly [file: string, ...args: string[]], options: RunOptions) => Promise<RunResult>;

export interface RunOptions {
  /** After this the whole process group is killed and the run fails with 'timeout'. */
  readonly timeoutMs: number;
}

export interface RunResult {
  /** Exit status, or undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly signal: string | undefined;
  /** stdout and stderr together, cut at MAX_OUTPUT bytes. */
  readonly output: string;
}

export const MAX_OUTPUT = 64 * 1024;
