import type { Service } from '#shared/lifecycle/service.ts';
import type { FileMode } from './mode.ts';

/** From where an offset counts. */
export type Whence = 'set' | 'cur' | 'end';

/** A number that names an open file; never given twice, not even by a later run of the agent. */
export type Handle = bigint;

export interface FileData {
  readonly bytes: Buffer;
  /** The end was met. False when exactly as much was read as was asked for. */
  readonly eof: boolean;
  /** Says that nobody looks at `bytes` any more, so that the next read may use their memory. Need not be called. */
  readonly release?: () => void;
}

/**
 * Files that a host has open, with the semantics of C's stdio: a logical position, writes that wait in a buffer until
 * it is full, flushed, left by a seek or closed. They belong to the agent, not to the host's connection (decision 17).
 *
 * All errors are AgentErrors with qemu-ga's text: 'not-found' for a handle that is not open, 'failed' with what the
 * operating system says, 'refused' while an earlier operation does not come back.
 */
export interface Files extends Service {
  /** A file that is created gets mode 0666, whatever the umask. Relative to the agent's working directory. */
  open(path: string, mode: FileMode): Promise<Handle>;
  /** The handle is gone afterwards even if what was still buffered could not be written. */
  close(handle: Handle): Promise<void>;
  /** @param count most bytes that are read, which is also what is read unless the end or an empty pipe comes first */
  read(handle: Handle, count: number): Promise<FileData>;
  /** All of `bytes`, or an error. */
  write(handle: Handle, bytes: Uint8Array): Promise<void>;
  /** @returns the new position from the start */
  seek(handle: Handle, offset: bigint, whence: Whence): Promise<bigint>;
  /** To the operating system, not to the disk: fflush(3). */
  flush(handle: Handle): Promise<void>;
  /** @throws {AgentError} 'not-found' */
  check(handle: Handle): void;
}
