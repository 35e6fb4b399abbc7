import { closeSync, fstatSync } from 'node:fs';
import koffi from 'koffi';
import { unixAddress } from '#shared/native/unix-socket.ts';
import { until } from './until.ts';

const libc = koffi.load(null);
koffi.struct('test_iovec', { base: 'void *', length: 'size_t' });
koffi.struct('test_msghdr', {
  name: 'void *',
  nameLength: 'uint32',
  vectors: 'test_iovec *',
  count: 'size_t',
  control: 'void *',
  controlLength: 'size_t',
  flags: 'int',
});
const socket: (domain: number, type: number, protocol: number) => number = libc.func('int socket(int, int, int)');
const bind: (fd: number, address: Uint8Array, size: number) => number = libc.func('int bind(int, void *, uint32)');
const receive: (fd: number, message: object, flags: number) => number | bigint = libc.func(
  'int64_t recvmsg(int, test_msghdr *, int)',
);
const duplicate: (fd: number) => number = libc.func('int dup(int)');

const DATAGRAM_NONBLOCK_CLOEXEC = 0o2004002;
const CONTROL_DATA_AT = 16;

export interface Notification {
  readonly text: string;
  /** The receiver's own, to be closed. */
  readonly fd: number | undefined;
}

/** The service manager's end of NOTIFY_SOCKET, with what it receives in order. */
export class NotifySocket implements Disposable {
  readonly received: Notification[] = [];
  readonly #fd: number;
  readonly #timer: NodeJS.Timeout;

  /** @param path of a file, or a NUL and an abstract name */
  constructor(path: string) {
    this.#fd = socket(1, DATAGRAM_NONBLOCK_CLOEXEC, 0);
    const address = unixAddress(path);
    if (bind(this.#fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);
    this.#timer = setInterval(() => this.read(), 5);
  }

  get texts(): readonly string[] {
    this.read();
    return this.received.map(({ text }) => text);
  }

  /** The first notification with this text, waiting for it. */
  async says(pattern: RegExp): Promise<Notification> {
    const find = () => this.received.find(({ text }) => pattern.test(text));
    await until(() => find() !== undefined, `notification ${pattern}`);
    return find() as Notification;
  }

  read(): void {
    for (let one = this.#next(); one; one = this.#next()) this.received.push(one);
  }

  #next(): Notification | undefined {
    const bytes = Buffer.alloc(4096);
    const control = Buffer.alloc(64);
    const message = {
      name: null,
      nameLength: 0,
      vectors: { base: bytes, length: bytes.length },
      count: 1,
      control,
      controlLength: control.length,
      flags: 0,
    };
    const count = Number(receive(this.#fd, message, 0));
    if (count < 0) return undefined;
    const hasFd = control.readBigUInt64LE(0) > CONTROL_DATA_AT;
    return { text: bytes.toString('utf8', 0, count), fd: hasFd ? control.readInt32LE(CONTROL_DATA_AT) : undefined };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.read();
    for (const { fd } of this.received) if (fd !== undefined) closeSync(fd);
    closeSync(this.#fd);
  }
}

/** Another descriptor of the same open file. */
export function copyOf(fd: number): number {
  return duplicate(fd);
}

/** Whether two descriptors are of the same file. */
export function sameFile(a: number, b: number): boolean {
  const [one, other] = [fstatSync(a), fstatSync(b)];
  return one.ino === other.ino && one.dev === other.dev && one.rdev === other.rdev;
}
