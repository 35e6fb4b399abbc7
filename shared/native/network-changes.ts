import { errnoOf } from '#shared/errors.ts';
import { readAvailable } from './descriptor.ts';
import { checked, libc } from './libc.ts';
import { watchOwned } from './owned-watch.ts';
import { type Watch, watchReadiness } from './readiness.ts';

const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 0o2004003;
const NETLINK_ROUTE = 0;
/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR: rtnetlink(7) */
const GROUPS = 0x1 | 0x10 | 0x100;

const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const bind: (fd: number, address: Uint8Array, size: number) => number = libc.func(
  'int bind(int fd, const void *address, unsigned int size)',
);

/** What the messages say is asked anew, so they need not fit. */
const MESSAGES_SIZE = 16 * 1024;

/**
 * Reports that interfaces or addresses have changed: once for what came together, and perhaps for nothing.
 * @throws {Error} errno error
 */
export function watchNetwork(changed: () => void): Watch {
  const messages = new Uint8Array(MESSAGES_SIZE);
  const fd = checked(socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE), 'socket');
  const report = () => {
    if (drain(fd, messages) && watch.open) changed();
  };
  const watch = watchOwned(fd, () => {
    checked(bind(fd, address(), ADDRESS_SIZE), 'bind');
    return watchReadiness(fd, report, { writable: false });
  });
  return watch;
}

/** `struct sockaddr_nl`: u16 family, u16 padding, u32 port (0: the kernel chooses), u32 groups. netlink(7) */
const ADDRESS_SIZE = 12;

function address(): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_SIZE);
  new Uint16Array(bytes.buffer, 0, 1)[0] = AF_NETLINK;
  new Uint32Array(bytes.buffer, 8, 1)[0] = GROUPS;
  return bytes;
}

/** @returns whether there was anything */
function drain(fd: number, messages: Uint8Array): boolean {
  for (let any = false; ; any = true) {
    try {
      if (!readAvailable(fd, messages)) return any;
    } catch (error) {
      // ENOBUFS: the kernel had more to say than it keeps for us, and goes on.
      if (errnoOf(error) !== 'ENOBUFS') return true;
    }
  }
}
