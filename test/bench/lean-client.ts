import koffi from 'koffi';

/**
 * A client that costs next to nothing: blocking system calls on a unix socket, so that what is measured is the agent.
 * Only the bench uses it; the product's own native code is in shared/native.
 */
const libc = koffi.load('libc.so.6');
const socketCall = libc.func('int socket(int domain, int type, int protocol)');
const connectCall = libc.func('int connect(int fd, void *address, uint32_t length)');
const readCall = libc.func('int64_t read(int fd, void *buffer, size_t count)');
const writeCall = libc.func('int64_t write(int fd, void *buffer, size_t count)');
const closeCall = libc.func('int close(int fd)');

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const NEWLINE = 10;

export class LeanClient implements Disposable {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(1 << 18);

  constructor(path: string) {
    this.#fd = socketCall(AF_UNIX, SOCK_STREAM, 0);
    const address = Buffer.alloc(110);
    address.writeUInt16LE(AF_UNIX, 0);
    address.write(path, 2);
    if (connectCall(this.#fd, address, 2 + Buffer.byteLength(path) + 1) !== 0) {
      closeCall(this.#fd);
      throw new Error(`cannot connect to ${path}`);
    }
  }

  send(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const written = Number(writeCall(this.#fd, bytes.subarray(at), bytes.length - at));
      if (written <= 0) throw new Error('the agent closed the connection');
      at += written;
    }
  }

  /** Blocks until that many lines have come. */
  skipLines(count: number): void {
    for (let left = count; left > 0; ) {
      const size = Number(readCall(this.#fd, this.#buffer, this.#buffer.length));
      if (size <= 0) throw new Error('the agent closed the connection');
      for (let at = this.#buffer.indexOf(NEWLINE); at !== -1 && at < size; at = this.#buffer.indexOf(NEWLINE, at + 1)) {
        left--;
      }
    }
  }

  /** The next line, which must come by itself and be short. */
  line(): string {
    let text = '';
    while (!text.endsWith('\n')) {
      const size = Number(readCall(this.#fd, this.#buffer, this.#buffer.length));
      if (size <= 0) throw new Error('the agent closed the connection');
      text += this.#buffer.toString('latin1', 0, size);
    }
    return text;
  }

  [Symbol.dispose](): void {
    closeCall(this.#fd);
  }
}
