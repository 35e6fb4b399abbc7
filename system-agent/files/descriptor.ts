import type { Whence } from './files.ts';

/** An open file as system calls have it. Nothing here buffers; every error is an errno error. */
export interface Descriptor {
  /** Bytes that stdio would buffer. */
  readonly blockSize: number;
  /** Somebody may sit there: a finished line is not held back. */
  readonly isTerminal: boolean;
  /** At the file's position, which moves on. @returns number of bytes, 0 at the end */
  read(into: Uint8Array): Promise<number>;
  /** At the file's position, which moves on. @returns number of bytes taken, at least one */
  write(bytes: Uint8Array): Promise<number>;
  seek(offset: bigint, whence: Whence): Promise<bigint>;
  close(): Promise<void>;
}
