import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';

/**
 * The C library of this process. Like everything in this folder it stays in this folder: the rest of the program sees
 * typed functions that check what they are given, so that a wrong argument is an exception and never a wild pointer.
 *
 * An address that the kernel or the C library remembers does not keep its Buffer alive; whoever stores one holds the
 * Buffer in a field for as long.
 */
export const libc = koffi.load(null);

/** A pointer as koffi hands it out; null is NULL. */
export type Address = bigint | null;

/** The error of the call that has just returned: an Error with `code` ("EBUSY"), `errno` (negative) and `syscall`. */
export function systemError(syscall: string, subject?: string): NodeJS.ErrnoException {
  const errno = koffi.errno();
  const code = getSystemErrorName(-errno);
  const about = subject === undefined ? '' : ` '${subject}'`;
  return Object.assign(new Error(`${code}: ${syscall}${about}`), { code, errno: -errno, syscall });
}

/** @throws {Error} errno error when `result` is −1. */
export function checked(result: number, syscall: string, subject?: string): number {
  if (result === -1) throw systemError(syscall, subject);
  return result;
}

/** For calls that failed: was it for this reason? */
export function failedWith(name: 'EAGAIN' | 'EINTR' | 'ECONNABORTED'): boolean {
  return koffi.errno() === koffi.os.errno[name];
}
