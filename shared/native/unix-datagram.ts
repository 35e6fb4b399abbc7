import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { checked, libc } from './libc.ts';
import { unixAddress } from './unix-socket.ts';

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SO_SNDTIMEO = 21;
/** `struct timeval`: i64 seconds, i64 microseconds. */
const TIMEVAL_BYTES = 16;
/** `struct cmsghdr` on 64-bit systems: u64 length of all, i32 level, i32 type; then the data, padded to 8. cmsg(3) */
const CONTROL_HEADER_BYTES = 16;
const CONTROL_BYTES = 24;
const INT_BYTES = 4;

koffi.struct('iovec', { base: 'void *', length: 'size_t' });
koffi.struct('msghdr', {
  name: 'void *',
  nameLength: 'uint32',
  vectors: 'iovec *',
  count: 'size_t',
  control: 'void *',
  controlLength: 'size_t',
  flags: 'int',
});

const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const setsockopt: (fd: number, level: number, name: number, value: Uint8Array, size: number) => number = libc.func(
  'int setsockopt(int fd, int level, int name, const void *value, unsigned int size)',
);
/** koffi makes the structures for the time of the call, so that no buffer has to be kept alive for it. */
const sendmsg: (fd: number, message: object, flags: number) => number | bigint = libc.func(
  'int64_t sendmsg(int fd, const msghdr *message, int flags)',
);

/** Sends datagrams to one unix socket, with a descriptor beside the bytes if need be. unix(7) */
export class DatagramSender {
  readonly #fd: number;
  readonly #address: Uint8Array;

  /**
   * @param path of a file, or a NUL and an abstract name; whoever is behind it at each `send`
   * @param patienceSeconds how long `send` waits for a receiver that does not read
   * @throws {Error} errno error, RangeError for what is no socket path
   */
  constructor(path: string, patienceSeconds: number) {
    this.#address = unixAddress(path);
    this.#fd = checked(socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0), 'socket');
    const patience = new Uint8Array(TIMEVAL_BYTES);
    new BigInt64Array(patience.buffer)[0] = BigInt(patienceSeconds);
    checked(setsockopt(this.#fd, SOL_SOCKET, SO_SNDTIMEO, patience, patience.length), 'setsockopt');
  }

  /**
   * @param fd is copied to the receiver and stays ours
   * @throws {Error} errno error: ENOENT or ECONNREFUSED nobody is there, EAGAIN it does not read
   */
  send(bytes: Uint8Array, fd?: number): void {
    const control = fd === undefined ? null : rightsOf(fd);
    const message = {
      name: this.#address,
      nameLength: this.#address.length,
      vectors: { base: bytes, length: bytes.length },
      count: 1,
      control,
      controlLength: control?.length ?? 0,
      flags: 0,
    };
    checked(Number(sendmsg(this.#fd, message, 0)), 'sendmsg');
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function rightsOf(fd: number): Uint8Array {
  const control = new Uint8Array(CONTROL_BYTES);
  new BigUint64Array(control.buffer, 0, 1)[0] = BigInt(CONTROL_HEADER_BYTES + INT_BYTES);
  new Int32Array(control.buffer, 8).set([SOL_SOCKET, SCM_RIGHTS, fd]);
  return control;
}
