import type { Readable, Writable } from 'node:stream';

/** The three streams of a program, so that a test can be the terminal. `isTTY` is true on a real one. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: Writable & { readonly isTTY?: boolean | undefined };
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined };
}

/** What every face of the program is: its arguments without program and face name, and an exit code. */
export type Run = (argv: readonly string[], io: Io) => Promise<number>;
