import { errnoOf } from '#shared/errors.ts';
import { readAvailable } from './descriptor.ts';
import { checked, libc } from './libc.ts';
import { watchOwned } from './owned-watch.ts';
import { type Watch, watchReadiness } from './readiness.ts';

const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 0o2004003;

const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const bind: (fd: number, address: Uint8Array, size: number) => number = libc.func(
  'int bind(int fd, const void *address, unsigned int size)',
);

/** What the messages say is asked anew, so they need not fit. */
const MESSAGES_SIZE = 16 * 1024;

export interface NetlinkGroups {
  /** Of <linux/netlink.h>. */
  readonly protocol: number;
  /** One bit each. */
  readonly groups: number;
}

/**
 * Reports messages of the kernel: once for what came together, and perhaps for nothing.
 * @param isWanted tells by a message, of which the end may be missing, whether it is worth a report
 * @throws {Error} errno error
 */
export function watchNetlink(
  { protocol, groups }: NetlinkGroups,
  changed: () => void,
  isWanted: (message: Buffer) => boolean = () => true,
): Watch {
  const messages = Buffer.alloc(MESSAGES_SIZE);
  const fd = checked(socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, protocol), 'socket');
  const report = () => {
    if (drain(fd, messages, isWanted) && watch.open) changed();
  };
  const watch = watchOwned(fd, () => {
    checked(bind(fd, address(groups), ADDRESS_SIZE), 'bind');
    return watchReadiness(fd, report, { writable: false });
  });
  return watch;
}

/** `struct sockaddr_nl`: u16 family, u16 padding, u32 port (0: the kernel chooses), u32 groups. netlink(7) */
const ADDRESS_SIZE = 12;

function address(groups: number): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_SIZE);
  new Uint16Array(bytes.buffer, 0, 1)[0] = AF_NETLINK;
  new Uint32Array(bytes.buffer, 8, 1)[0] = groups;
  return bytes;
}

/** @returns whether there was anything that is wanted */
function drain(fd: number, messages: Buffer, isWanted: (message: Buffer) => boolean): boolean {
  for (let any = false; ; ) {
    try {
      const size = readAvailable(fd, messages);
      if (!size) return any;
      any ||= isWanted(messages.subarray(0, size));
    } catch (error) {
      // ENOBUFS: the kernel had more to say than it keeps for us, and goes on.
      if (errnoOf(error) !== 'ENOBUFS') return true;
      any = true;
    }
  }
}
