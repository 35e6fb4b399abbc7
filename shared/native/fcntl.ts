import { libc } from './libc.ts';

const variadic: (fd: number, command: number, type: 'int', argument: number) => number = libc.func(
  'int fcntl(int fd, int command, ...)',
);

/** fcntl(2) with a number as its argument. @returns −1 for an error */
export function fcntl(fd: number, command: number, argument: number): number {
  return variadic(fd, command, 'int', argument);
}
