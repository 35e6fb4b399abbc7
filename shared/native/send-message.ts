import koffi from 'koffi';
import { checked, libc } from './libc.ts';

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
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

/** koffi makes the structures for the time of the call, so that no buffer has to be kept alive for it. */
const sendmsg: (fd: number, message: object, flags: number) => number | bigint = libc.func(
  'int64_t sendmsg(int fd, const msghdr *message, int flags)',
);

export interface SendOptions {
  /** `struct sockaddr_un`, for a socket that is not connected. */
  readonly address?: Uint8Array;
  /** Is copied to the receiver and stays ours. */
  readonly descriptor?: number;
}

/**
 * Sends bytes on a unix socket, with a descriptor beside them if need be. unix(7)
 * @returns number of bytes taken
 * @throws {Error} errno error: EAGAIN the receiver does not read, EPIPE it has gone
 */
export function sendMessage(fd: number, bytes: Uint8Array, { address, descriptor }: SendOptions): number {
  const control = descriptor === undefined ? null : rightsOf(descriptor);
  const message = {
    name: address ?? null,
    nameLength: address?.length ?? 0,
    vectors: { base: bytes, length: bytes.length },
    count: 1,
    control,
    controlLength: control?.length ?? 0,
    flags: 0,
  };
  return checked(Number(sendmsg(fd, message, MSG_NOSIGNAL)), 'sendmsg');
}

const MSG_NOSIGNAL = 0x4000;

function rightsOf(fd: number): Uint8Array {
  const control = new Uint8Array(CONTROL_BYTES);
  new BigUint64Array(control.buffer, 0, 1)[0] = BigInt(CONTROL_HEADER_BYTES + INT_BYTES);
  new Int32Array(control.buffer, 8).set([SOL_SOCKET, SCM_RIGHTS, fd]);
  return control;
}
