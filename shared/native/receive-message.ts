import { Buffer } from 'node:buffer';
import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { failedWith, libc, systemError } from './libc.ts';

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x8;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
/** As many descriptors as come beside one piece of bytes. unix(7): SCM_MAX_FD */
const MAX_DESCRIPTORS = 253;
/** `struct cmsghdr` on 64-bit systems: u64 length of all, i32 level, i32 type; then the data, padded to 8. cmsg(3) */
const CONTROL_HEADER_BYTES = 16;
const CONTROL_ALIGNMENT = 8;
const CONTROL_BYTES = CONTROL_HEADER_BYTES + 4 * (MAX_DESCRIPTORS + 1);
/** `struct msghdr` on 64-bit systems: name, its u32 length, vectors, their count, control, its length, i32 flags. recvmsg(2) */
const MESSAGE_BYTES = 56;
const VECTORS = 16;
const VECTOR_COUNT = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
/** `struct iovec`: address, length. */
const VECTOR_BYTES = 16;

const recvmsg: (fd: number, message: Uint8Array, flags: number) => number | bigint = libc.func(
  'int64_t recvmsg(int fd, void *message, int flags)',
);

export interface Received {
  /** Valid until the next `receive`; empty at the end. */
  readonly bytes: Buffer;
  /** Close on exec; the caller closes them. */
  readonly descriptors: readonly number[];
}

/** Receives bytes on unix sockets, with the descriptors that come beside them. unix(7) */
export class MessageReceiver {
  readonly #bytes: Buffer;
  readonly #control = Buffer.allocUnsafeSlow(CONTROL_BYTES);
  /** Both hold addresses of the others, which live as long as this does. */
  readonly #vector = Buffer.allocUnsafeSlow(VECTOR_BYTES);
  readonly #message = Buffer.allocUnsafeSlow(MESSAGE_BYTES);

  /** @param size most bytes of one `receive` */
  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#vector.writeBigUInt64LE(BigInt(koffi.address(this.#bytes)), 0);
    this.#vector.writeBigUInt64LE(BigInt(size), 8);
  }

  /**
   * @param fd non-blocking
   * @returns undefined when there is nothing now
   * @throws {Error} errno error; EMFILE when descriptors could not be taken: some of them are lost, all others are closed
   */
  receive(fd: number): Received | undefined {
    const message = this.#message.fill(0);
    message.writeBigUInt64LE(BigInt(koffi.address(this.#vector)), VECTORS);
    message.writeBigUInt64LE(1n, VECTOR_COUNT);
    message.writeBigUInt64LE(BigInt(koffi.address(this.#control)), CONTROL);
    message.writeBigUInt64LE(BigInt(CONTROL_BYTES), CONTROL_LENGTH);
    const count = receiveInto(fd, message);
    if (count === undefined) return undefined;
    const descriptors = [...descriptorsIn(this.#control.subarray(0, Number(message.readBigUInt64LE(CONTROL_LENGTH))))];
    if ((message.readInt32LE(FLAGS) & MSG_CTRUNC) !== 0) {
      for (const one of descriptors) closeSync(one);
      throw Object.assign(new Error('EMFILE: recvmsg, descriptors were lost'), { code: 'EMFILE', syscall: 'recvmsg' });
    }
    return { bytes: this.#bytes.subarray(0, count), descriptors };
  }
}

function receiveInto(fd: number, message: Buffer): number | undefined {
  for (;;) {
    const count = Number(recvmsg(fd, message, MSG_CMSG_CLOEXEC));
    if (count >= 0) return count;
    if (failedWith('EAGAIN')) return undefined;
    if (!failedWith('EINTR')) throw systemError('recvmsg');
  }
}

function* descriptorsIn(control: Buffer): Generator<number> {
  for (let at = 0; at + CONTROL_HEADER_BYTES <= control.length; ) {
    const length = Number(control.readBigUInt64LE(at));
    if (length < CONTROL_HEADER_BYTES) return;
    const isRights = control.readInt32LE(at + 8) === SOL_SOCKET && control.readInt32LE(at + 12) === SCM_RIGHTS;
    const end = Math.min(at + length, control.length);
    for (let one = at + CONTROL_HEADER_BYTES; isRights && one + 4 <= end; one += 4) yield control.readInt32LE(one);
    at += Math.ceil(length / CONTROL_ALIGNMENT) * CONTROL_ALIGNMENT;
  }
}
