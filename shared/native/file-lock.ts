import { failedWith, libc, systemError } from './libc.ts';

const F_SETLK = 6;
const F_WRLCK = 1;
/** `struct flock` of 64-bit Linux: i16 type, i16 whence, i64 start, i64 length, i32 pid. fcntl(2) */
const FLOCK_BYTES = 32;

const fcntl: (fd: number, command: number, lock: Int16Array) => number = libc.func('fcntl', 'int', [
  'int',
  'int',
  'void *',
]);

/**
 * Locks a whole file against writers of other processes, until this process closes any descriptor of the file.
 * @param fd open for writing
 * @throws {Error} errno error, EAGAIN when another process has it
 */
export function lockFile(fd: number): void {
  const lock = new Int16Array(FLOCK_BYTES / Int16Array.BYTES_PER_ELEMENT);
  lock[0] = F_WRLCK;
  while (fcntl(fd, F_SETLK, lock) === -1) if (!failedWith('EINTR')) throw systemError('fcntl F_SETLK');
}
