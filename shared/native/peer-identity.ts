import { closeSync, readFileSync } from 'node:fs';
import { errnoOf } from '../errors.ts';
import { checked, failedWith, libc } from './libc.ts';

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** Linux 6.5 and later. */
const SO_PEERPIDFD = 77;
/** The same number on every architecture; the C library has a function for it since 2.36 only. pidfd_open(2) */
const SYS_PIDFD_OPEN = 434;
const POLLIN = 1;

const getsockopt: (fd: number, level: number, name: number, value: Int32Array, size: Uint32Array) => number = libc.func(
  'int getsockopt(int fd, int level, int name, void *value, void *size)',
);
const syscall: (number: number, first: number, second: number) => number | bigint = libc.func(
  'int64_t syscall(int64_t number, int64_t first, int64_t second)',
);
const poll: (descriptors: Int16Array, count: number, timeoutMs: number) => number = libc.func(
  'int poll(void *descriptors, unsigned long count, int timeout)',
);

/** Who connected to a unix socket, as the kernel noted it then. unix(7), SO_PEERCRED */
export interface PeerCredentials {
  /** In our own namespace; 0 when the process is in another that we do not see. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** @throws {Error} errno error */
export function peerCredentials(socket: number): PeerCredentials {
  const [pid = 0, uid = 0, gid = 0] = socketOption(socket, SO_PEERCRED, 3);
  return { pid, uid: uid >>> 0, gid: gid >>> 0 };
}

/**
 * The process at the other end of a unix socket, held fast by a pidfd: its id means this process for as long as `cgroup`
 * answers, and never one that got the id later (S8).
 */
export class PeerProcess {
  readonly credentials: PeerCredentials;
  readonly #pidfd: number;
  #isClosed = false;

  private constructor(credentials: PeerCredentials, pidfd: number) {
    this.credentials = credentials;
    this.#pidfd = pidfd;
  }

  /**
   * @param pin how to find the process; kernels without SO_PEERPIDFD look for its id
   * @returns undefined when it has ended already, or cannot be told from one that took its id
   * @throws {Error} errno error for any other reason
   */
  static of(socket: number, pin: (socket: number) => number | undefined = pinBySocket): PeerProcess | undefined {
    const credentials = peerCredentials(socket);
    if (credentials.pid === 0) return undefined;
    let found: PeerProcess | undefined;
    try {
      const pidfd = pin(socket);
      found = new PeerProcess(credentials, pidfd ?? openPidfd(credentials.pid));
      // Newer kernels have a pidfd of a process that is gone, too.
      if (pidfd === undefined ? found.#effectiveUid() === credentials.uid : !hasEnded(pidfd)) return found;
      found.close();
      return undefined;
    } catch (error) {
      found?.close();
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /** The text of its /proc/PID/cgroup now; undefined when it has ended. cgroups(7) */
  get cgroup(): string | undefined {
    return this.#read('cgroup');
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#pidfd);
  }

  #effectiveUid(): number | undefined {
    const uids = /^Uid:\t\d+\t(\d+)/m.exec(this.#read('status') ?? '');
    return uids === null ? undefined : Number(uids[1]);
  }

  /** Read first and looked at after: the id cannot have been given to another while the process had not ended. */
  #read(file: string): string | undefined {
    if (this.#isClosed) return undefined;
    try {
      const text = readFileSync(`/proc/${this.credentials.pid}/${file}`, 'utf8');
      return hasEnded(this.#pidfd) ? undefined : text;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }
}

/** @returns undefined on a kernel that does not know it */
function pinBySocket(socket: number): number | undefined {
  try {
    return socketOption(socket, SO_PEERPIDFD, 1)[0];
  } catch (error) {
    if (errnoOf(error) === 'ENOPROTOOPT') return undefined;
    throw error;
  }
}

function socketOption(socket: number, name: number, words: number): Int32Array {
  const value = new Int32Array(words);
  checked(getsockopt(socket, SOL_SOCKET, name, value, Uint32Array.of(value.byteLength)), 'getsockopt');
  return value;
}

function openPidfd(pid: number): number {
  return checked(Number(syscall(SYS_PIDFD_OPEN, pid, 0)), 'pidfd_open');
}

/** A pidfd is readable when its process has ended. */
function hasEnded(pidfd: number): boolean {
  const words = new Int32Array(2); // struct pollfd: int fd, short events, short revents
  const halves = new Int16Array(words.buffer);
  words[0] = pidfd;
  halves[2] = POLLIN;
  let ready: number;
  do ready = poll(halves, 1, 0);
  while (ready === -1 && failedWith('EINTR'));
  return checked(ready, 'poll') !== 0;
}

/** SO_PEERPIDFD of a process that is gone says EINVAL before Linux 6.16. */
function isGone(error: unknown): boolean {
  return ['ESRCH', 'EINVAL', 'ENOENT'].includes(errnoOf(error) ?? '');
}
