import { checked, libc } from './libc.ts';

const SOL_SOCKET = 1;
const SO_DOMAIN = 39;
const AF_UNIX = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const FD_CLOEXEC = 1;
const O_NONBLOCK = 0o4000;

const getsockopt: (fd: number, level: number, name: number, value: Int32Array, size: Uint32Array) => number = libc.func(
  'int getsockopt(int fd, int level, int name, void *value, void *size)',
);
const fcntl: (fd: number, command: number, value: number) => number = libc.func('fcntl', 'int', ['int', 'int', 'long']);

/**
 * Takes over a unix socket that whoever started us has opened: non-blocking from now on, and not for our children.
 * @returns false when it is another kind of socket
 * @throws {Error} errno error, EBADF or ENOTSOCK when it is no socket
 */
export function adoptUnixSocket(fd: number): boolean {
  const domain = new Int32Array(1);
  checked(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, domain, Uint32Array.of(domain.byteLength)), 'getsockopt SO_DOMAIN');
  if (domain[0] !== AF_UNIX) return false;
  checked(fcntl(fd, F_SETFD, FD_CLOEXEC), 'fcntl F_SETFD');
  checked(fcntl(fd, F_SETFL, checked(fcntl(fd, F_GETFL, 0), 'fcntl F_GETFL') | O_NONBLOCK), 'fcntl F_SETFL');
  return true;
}
