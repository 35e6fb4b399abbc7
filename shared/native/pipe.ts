import { closeSync } from 'node:fs';
import { fcntl } from './fcntl.ts';
import { checked, libc } from './libc.ts';

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;
/** What every user may have. proc(5): /proc/sys/fs/pipe-max-size */
const LARGE_PIPE_BYTES = 1024 * 1024;

const pipe2: (ends: Int32Array, flags: number) => number = libc.func('int pipe2(void *ends, int flags)');

/** Both close on exec; the caller closes them. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/**
 * A pipe to or from a program that we start. Node would take a socket, which a program cannot open again as /dev/stdout.
 * @param ours the end that never waits; the other one is the program's
 * @throws {Error} errno error: EMFILE, ENFILE
 */
export function makePipe(ours: keyof Pipe): Pipe {
  const ends = new Int32Array(2);
  checked(pipe2(ends, O_CLOEXEC), 'pipe2');
  const [readEnd = -1, writeEnd = -1] = ends;
  const pipe = { readEnd, writeEnd };
  try {
    setNonBlocking(pipe[ours]);
    return pipe;
  } catch (error) {
    closeSync(readEnd);
    closeSync(writeEnd);
    throw error;
  }
}

/** Of the open file itself: seen by everybody who has a descriptor of it. @throws {Error} EBADF when it is not open */
export function setNonBlocking(fd: number): void {
  const flags = checked(fcntl(fd, F_GETFL, 0), 'fcntl');
  checked(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 'fcntl');
}

/** Lets more wait in a pipe, so that its two ends take turns less often. Where that is not allowed it stays as it is. */
export function enlargePipe(fd: number): void {
  fcntl(fd, F_SETPIPE_SZ, LARGE_PIPE_BYTES);
}
