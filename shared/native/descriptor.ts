import { checked, failedWith, libc, systemError } from './libc.ts';

const read: (fd: number, into: Uint8Array, size: number) => number | bigint = libc.func(
  'int64_t read(int fd, void *into, size_t size)',
);
const write: (fd: number, from: Uint8Array, size: number) => number | bigint = libc.func(
  'int64_t write(int fd, const void *from, size_t size)',
);

/**
 * Reads what a non-blocking descriptor has. Node's `fs.readSync` throws for EAGAIN, which costs more than the read.
 *
 * @returns number of bytes put at the start of `into`, 0 at the end, undefined when there is nothing now
 * @throws {Error} errno error
 */
export function readAvailable(fd: number, into: Uint8Array): number | undefined {
  for (;;) {
    const count = Number(read(fd, into, into.length));
    if (count >= 0) return count;
    if (failedWith('EAGAIN')) return undefined;
    if (!failedWith('EINTR')) throw systemError('read');
  }
}

/**
 * Writes what a non-blocking descriptor takes.
 *
 * @returns number of bytes taken; 0 when it takes none now
 * @throws {Error} errno error; EPIPE is no signal, Node ignores SIGPIPE
 */
export function writeAvailable(fd: number, from: Uint8Array): number {
  for (;;) {
    const count = Number(write(fd, from, from.length));
    if (count >= 0) return count;
    if (failedWith('EAGAIN')) return 0;
    if (!failedWith('EINTR')) throw systemError('write');
  }
}

const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const FD_CLOEXEC = 1;
const O_APPEND = 0o2000;

const fcntl: (fd: number, command: number, value: number) => number = libc.func('fcntl', 'int', ['int', 'int', 'long']);

/** Keeps `fd` from the programs that we start. @throws {Error} EBADF when it is not open */
export function closeOnExec(fd: number): void {
  checked(fcntl(fd, F_SETFD, FD_CLOEXEC), 'fcntl F_SETFD');
}

/**
 * A note on the open file itself, seen through every descriptor of it and gone with the last one, so that it outlives the
 * process that wrote it exactly as long as the open file does. It is O_APPEND, which says nothing to a device and which
 * fcntl(2) lets anybody change.
 *
 * @param fd non-blocking, of a device
 * @throws {Error} errno error
 */
export function setMark(fd: number, isMarked: boolean): void {
  const flags = checked(fcntl(fd, F_GETFL, 0), 'fcntl F_GETFL');
  checked(fcntl(fd, F_SETFL, isMarked ? flags | O_APPEND : flags & ~O_APPEND), 'fcntl F_SETFL');
}

export function hasMark(fd: number): boolean {
  return (checked(fcntl(fd, F_GETFL, 0), 'fcntl F_GETFL') & O_APPEND) !== 0;
}
