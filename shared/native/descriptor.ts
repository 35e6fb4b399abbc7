import { failedWith, libc, systemError } from './libc.ts';

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
