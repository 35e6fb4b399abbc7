import { closeSync } from 'node:fs';
import type { VsockAddress } from '#shared/socket/vsock-address.ts';
import { checked, failedWith, libc, systemError } from './libc.ts';

const AF_VSOCK = 40;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
/** `struct sockaddr_vm`: u16 family, u16 unused, u32 port, u32 cid, 4 unused bytes. vsock(7) */
const ADDRESS_SIZE = 16;

const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const bind: (fd: number, address: Uint32Array, size: number) => number = libc.func(
  'int bind(int fd, const void *address, unsigned int size)',
);
const listen: (fd: number, backlog: number) => number = libc.func('int listen(int fd, int backlog)');
const accept: (fd: number, address: Uint32Array, size: Uint32Array, flags: number) => number = libc.func(
  'int accept4(int fd, void *address, void *size, int flags)',
);

/**
 * Listens for other machines, and for programs of this one where the kernel has a loopback for them.
 * @returns non-blocking descriptor; the caller closes it
 * @throws {Error} errno error: EAFNOSUPPORT no vsock here, EADDRNOTAVAIL not our context id, EADDRINUSE, EACCES
 */
export function listenVsock({ cid, port }: VsockAddress, backlog: number): number {
  const fd = checked(socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0), 'socket');
  try {
    const address = new Uint32Array(ADDRESS_SIZE / 4);
    new Uint16Array(address.buffer, 0, 1)[0] = AF_VSOCK;
    address.set([port, cid], 1);
    checked(bind(fd, address, ADDRESS_SIZE), 'bind');
    checked(listen(fd, backlog), 'listen');
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Takes the client that has waited longest.
 * @returns non-blocking descriptor and who it is, undefined when nobody waits
 * @throws {Error} errno error: EMFILE, ENFILE, ENOMEM leave the client waiting
 */
export function acceptVsock(listener: number): { readonly fd: number; readonly from: VsockAddress } | undefined {
  for (;;) {
    const address = new Uint32Array(ADDRESS_SIZE / 4);
    const fd = accept(listener, address, Uint32Array.of(ADDRESS_SIZE), SOCK_NONBLOCK_CLOEXEC);
    const [, port = 0, cid = 0] = address;
    if (fd !== -1) return { fd, from: { cid, port } };
    if (failedWith('EAGAIN')) return undefined;
    if (!failedWith('EINTR') && !failedWith('ECONNABORTED')) throw systemError('accept4');
  }
}
