import { closeSync } from 'node:fs';
import { checked, libc } from './libc.ts';
import { sendMessage } from './send-message.ts';
import { unixAddress } from './unix-socket.ts';

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const SOL_SOCKET = 1;
const SO_SNDTIMEO = 21;
/** `struct timeval`: i64 seconds, i64 microseconds. */
const TIMEVAL_BYTES = 16;

const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const setsockopt: (fd: number, level: number, name: number, value: Uint8Array, size: number) => number = libc.func(
  'int setsockopt(int fd, int level, int name, const void *value, unsigned int size)',
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
    sendMessage(this.#fd, bytes, { address: this.#address, ...(fd !== undefined && { descriptor: fd }) });
  }

  close(): void {
    closeSync(this.#fd);
  }
}
