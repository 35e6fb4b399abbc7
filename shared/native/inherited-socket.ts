import { checked, libc } from './libc.ts';

const SOL_SOCKET = 1;
const SO_DOMAIN = 39;
/** <bits/socket.h> */
const FAMILIES: Readonly<Record<number, 'unix' | 'vsock'>> = { 1: 'unix', 40: 'vsock' };
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
 * Takes over a socket that whoever started us has opened: non-blocking from now on, and not for our children.
 * @returns its family, undefined when it is none of ours; it is as it was then
 * @throws {Error} errno error, EBADF or ENOTSOCK when it is no socket
 */
export function adoptSocket(fd: number): 'unix' | 'vsock' | undefined {
  const domain = new Int32Array(1);
  checked(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, domain, Uint32Array.of(domain.byteLength)), 'getsockopt SO_DOMAIN');
  const family = FAMILIES[domain[0] ?? 0];
  if (family === undefined) return undefined;
  checked(fcntl(fd, F_SETFD, FD_CLOEXEC), 'fcntl F_SETFD');
  checked(fcntl(fd, F_SETFL, checked(fcntl(fd, F_GETFL, 0), 'fcntl F_GETFL') | O_NONBLOCK), 'fcntl F_SETFL');
  return family;
}
