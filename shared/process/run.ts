/**
 * Runs one program to its end: the only way a feature starts one. No shell, an absolute path, nothing inherited but
 * PATH and a C locale (S2).
 */
export type Run = (argv: readonly [file: string, ...args: string[]], options: RunOptions) => Promise<RunResult>;

export interface RunOptions {
  /** After this the whole process group is killed and the run fails with 'timeout'. */
  readonly timeoutMs: number;
  /** For the program's stdin; without it there is nothing to read. */
  readonly input?: Uint8Array;
  /** User to run as, with that group and no other (S1). Only root can ask for somebody else. */
  readonly as?: { readonly uid: number; readonly gid: number };
  /** stderr is thrown away: what the program prints on stdout alone is its answer. */
  readonly stdoutOnly?: boolean;
  /** Bytes of output that are kept, MAX_OUTPUT by default. */
  readonly maxOutput?: number;
}

export interface RunResult {
  /** Exit status, or undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly signal: string | undefined;
  /** stdout and stderr together, cut at the limit of the options. */
  readonly output: string;
}

export const MAX_OUTPUT = 64 * 1024;

/**
 * Why a program that was to do something has not, in QEMU's wording, which hosts show: qga/commands-posix.c.
 * @param task completes "has failed to"
 */
export function failureOf(task: string, { status, output }: RunResult): string {
  if (status === undefined) return 'child process has terminated abnormally';
  const said = output.trim();
  return `child process has failed to ${task}: ${said === '' ? `exit status ${status}` : said}`;
}
