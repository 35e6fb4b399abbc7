import { libc, systemError } from './libc.ts';

const WHENCE = { set: 0, cur: 1, end: 2 } as const;

/** From where an offset counts: the start, the present position, the end. lseek(2) */
export type Whence = keyof typeof WHENCE;

const lseek: (fd: number, offset: bigint, whence: number) => number | bigint = libc.func(
  'int64_t lseek(int fd, int64_t offset, int whence)',
);

/**
 * Node's fs has no lseek. Local file systems answer without waiting.
 * @returns the new position
 * @throws {Error} errno error: EINVAL before the start, ESPIPE for what has no position
 */
export function seekDescriptor(fd: number, offset: bigint, whence: Whence): bigint {
  const position = BigInt(lseek(fd, offset, WHENCE[whence]));
  if (position === -1n) throw systemError('lseek');
  return position;
}
