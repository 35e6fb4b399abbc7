import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { checked, libc } from './libc.ts';

/** What a descriptor is ready for at the moment of the report, not only what changed. */
export interface Readiness {
  readonly readable: boolean;
  readonly writable: boolean;
  /** The other side is gone: nobody has a virtio port open, or a socket or terminal is closed for good. */
  readonly hangup: boolean;
  readonly error: boolean;
}

export interface Watch {
  /** No report follows. Call it before the descriptor is closed. Idempotent. */
  close(): void;
}

export interface ReadinessWatch extends Watch {
  /** Whether becoming writable is worth a report; true also reports how things are now. */
  reportWritable(wanted: boolean): void;
}

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 0x1;
const EPOLLOUT = 0x4;
const EPOLLERR = 0x8;
const EPOLLHUP = 0x10;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 0x80000000;
const INTEREST = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLET;

/** `struct epoll_event` is packed on x86-64 alone: epoll_ctl(2), <sys/epoll.h>. */
const EVENT_SIZE = process.arch === 'x64' ? 12 : 16;

const epollCreate: (flags: number) => number = libc.func('int epoll_create1(int flags)');
const epollControl: (epoll: number, operation: number, fd: number, event: Uint32Array) => number = libc.func(
  'int epoll_ctl(int epoll, int operation, int fd, void *event)',
);
const epollWait: (epoll: number, events: Uint32Array, count: number, timeoutMs: number) => number = libc.func(
  'int epoll_wait(int epoll, void *events, int count, int timeout)',
);

/** koffi's declaration of this function lacks the status, which comes first. */
interface PollHandle {
  close(): void;
}
type Poll = (fd: number, events: { readable: true }, report: (status: number) => void) => PollHandle;

/**
 * Reports each change of what `fd` is ready for: edge-triggered, so a condition that lasts (a virtio port without a
 * host is readable and hung up for as long as that is so) costs nothing. After a report read or write until EAGAIN, or
 * come back by yourself: the same readiness is not reported again.
 *
 * Node's own loop is level-triggered; it watches an epoll descriptor in which `fd` is the only, edge-triggered entry.
 * What `fd` is ready for when it is added is reported too.
 *
 * @param fd non-blocking; a device, socket, terminal or pipe (regular files fail with EPERM)
 * @param options.writable false for a socket whose writer seldom waits: else each read of the other side is a report
 * @throws {Error} errno error
 */
export function watchReadiness(
  fd: number,
  report: (readiness: Readiness) => void,
  options: { readonly writable: boolean } = { writable: true },
): ReadinessWatch {
  const epoll = checked(epollCreate(EPOLL_CLOEXEC), 'epoll_create1');
  const event = new Uint32Array(EVENT_SIZE / Uint32Array.BYTES_PER_ELEMENT);
  const control = (operation: number, writable: boolean) => {
    event[0] = writable ? INTEREST | EPOLLOUT : INTEREST;
    checked(epollControl(epoll, operation, fd, event), 'epoll_ctl');
  };
  try {
    control(EPOLL_CTL_ADD, options.writable);
  } catch (error) {
    closeSync(epoll);
    throw error;
  }
  let open = true;
  const look = () => {
    if (epollWait(epoll, event, 1, 0) !== 1) return;
    const bits = event[0] ?? 0;
    report({
      readable: (bits & (EPOLLIN | EPOLLRDHUP)) !== 0,
      writable: (bits & EPOLLOUT) !== 0,
      hangup: (bits & EPOLLHUP) !== 0,
      error: (bits & EPOLLERR) !== 0,
    });
  };
  const handle = (koffi.node.poll as unknown as Poll)(epoll, { readable: true }, () => {
    try {
      if (open) look();
    } catch (error) {
      rethrowLater(error);
    }
  });
  const watch = {
    reportWritable(wanted: boolean) {
      if (open) control(EPOLL_CTL_MOD, wanted);
    },
    close() {
      if (!open) return;
      open = false;
      alive.delete(watch);
      handle.close();
      closeSync(epoll);
    },
  };
  alive.add(watch);
  return watch;
}

/** A poll handle that is garbage collected stops without a word, so the running ones are held here. */
const alive = new Set<Watch>();

/** An exception that leaves a native callback is reported late or never; from a turn of its own it is an uncaught one. */
function rethrowLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
