import { closeSync } from 'node:fs';
import { checked, failedWith, libc, systemError } from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
/** `struct sockaddr_un`: u16 family, then the path with its NUL. unix(7) */
const PATH_OFFSET = 2;
const PATH_SIZE = 108;

const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const connect: (fd: number, address: Uint8Array, size: number) => number = libc.func(
  'int connect(int fd, const void *address, unsigned int size)',
);
const bind: (fd: number, address: Uint8Array, size: number) => number = libc.func(
  'int bind(int fd, const void *address, unsigned int size)',
);
const listen: (fd: number, backlog: number) => number = libc.func('int listen(int fd, int backlog)');
const accept: (fd: number, address: null, size: null, flags: number) => number = libc.func(
  'int accept4(int fd, void *address, void *size, int flags)',
);

/**
 * Binds a stream socket to `path` (its mode follows the umask) and listens.
 * @returns non-blocking descriptor; the caller closes it and removes the file
 * @throws {Error} errno error: EADDRINUSE when there is a file already, ENOENT, EACCES
 */
export function listenUnix(path: string, backlog: number): number {
  return withSocket((fd) => {
    checked(call(bind, fd, path), 'bind', path);
    checked(listen(fd, backlog), 'listen', path);
  });
}

/**
 * Connects at once or not at all: a unix socket needs no time for it.
 * @param path of a file, or a NUL and an abstract name
 * @returns non-blocking descriptor; the caller closes it
 * @throws {Error} errno error: ENOENT no file, ECONNREFUSED nobody listens, EAGAIN the listener's queue is full
 */
export function connectUnix(path: string): number {
  return withSocket((fd) => {
    checked(call(connect, fd, path), 'connect', path);
  });
}

/**
 * Takes the client that has waited longest.
 * @returns non-blocking descriptor, undefined when nobody waits
 * @throws {Error} errno error: EMFILE, ENFILE, ENOMEM leave the client waiting
 */
export function acceptUnix(listener: number): number | undefined {
  for (;;) {
    const fd = accept(listener, null, null, SOCK_NONBLOCK_CLOEXEC);
    if (fd !== -1) return fd;
    if (failedWith('EAGAIN')) return undefined;
    if (!failedWith('EINTR') && !failedWith('ECONNABORTED')) throw systemError('accept4');
  }
}

const socketpair: (domain: number, type: number, protocol: number, pair: Int32Array) => number = libc.func(
  'int socketpair(int domain, int type, int protocol, void *pair)',
);

/**
 * Two sockets that are connected to each other.
 * @returns non-blocking descriptors; the caller closes both
 * @throws {Error} errno error
 */
export function unixPair(): readonly [number, number] {
  const pair = new Int32Array(2);
  checked(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0, pair), 'socketpair');
  const [ours = -1, theirs = -1] = pair;
  return [ours, theirs];
}

function withSocket(use: (fd: number) => void): number {
  const fd = checked(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0), 'socket');
  try {
    use(fd);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function call(action: typeof connect, fd: number, path: string): number {
  const address = unixAddress(path);
  return action(fd, address, address.length);
}

/**
 * `struct sockaddr_un` for `path`: of a file, or a NUL and an abstract name. unix(7)
 * @throws {RangeError} when it is no such path
 */
export function unixAddress(path: string): Uint8Array {
  const name = Buffer.from(path);
  const isAbstract = name[0] === 0;
  if (name.length === 0 || name.length >= PATH_SIZE || name.includes(0, 1))
    throw new RangeError(`not a socket path: ${path}`);
  // A file's name ends with a NUL; an abstract name would have it as one more character.
  const address = new Uint8Array(PATH_OFFSET + name.length + (isAbstract ? 0 : 1));
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(name, PATH_OFFSET);
  return address;
}
