import path from 'node:path';
import { checked, libc, systemError } from './libc.ts';

type Callback = (error: Error | null, result: number) => void;

/** Functions of C as koffi calls them on a thread of the pool. `errno` belongs to the call whose callback runs. */
const statvfs: Asynchronous<[path: Uint8Array, result: BigUint64Array]> = libc.func(
  'int statvfs(const void *path, void *result)',
);
const ioctl: Asynchronous<[fd: number, request: number, range: BigUint64Array | null]> = libc.func('ioctl', 'int', [
  'int',
  'unsigned long',
  'void *',
]);

interface Asynchronous<Args extends readonly unknown[]> {
  async(...args: [...Args, Callback]): void;
}

const fstatvfs: (fd: number, result: BigUint64Array) => number = libc.func('int fstatvfs(int fd, void *result)');
const statx: (fd: number, path: string, flags: number, mask: number, result: Uint32Array) => number = libc.func(
  'int statx(int fd, const char *path, int flags, unsigned int mask, void *result)',
);
const openat2: (number: number, fd: number, path: Uint8Array, how: BigUint64Array, size: number) => number | bigint =
  libc.func('syscall', 'int64_t', ['long', 'int', 'const void *', 'const void *', 'size_t']);
const close: (fd: number) => number = libc.func('int close(int fd)');

/** `struct statvfs` of 64-bit Linux begins with bsize, frsize, blocks, bfree, bavail, each 64 bits. statvfs(3) */
const STATVFS_WORDS = 32;
/** _IOWR('X', 121, struct fstrim_range), which is u64 start, len, minlen. Linux, include/uapi/linux/fs.h */
const FITRIM = 0xc0185879;
/** _IOWR('X', 119, int) and _IOWR('X', 120, int); neither reads its argument. ibidem */
const FIFREEZE = 0xc0045877;
const FITHAW = 0xc0045878;
const WHOLE = 2n ** 64n - 1n;

export interface Space {
  /** Bytes of one unit of the counts below; Node's statfs does not tell it. */
  readonly unit: bigint;
  readonly blocks: bigint;
  readonly free: bigint;
  /** Free for users other than root. */
  readonly available: bigint;
}

/**
 * Space of the file system that a path is on. May never come back where a server of the file system is dead.
 * @param path bytes, without a NUL
 * @throws {Error} errno error
 */
export async function spaceOf(path: Uint8Array): Promise<Space> {
  const result = new BigUint64Array(STATVFS_WORDS);
  await called('statvfs', (done) => statvfs.async(terminated(path), result, done));
  return spaceIn(result);
}

/** openat2(2): the same number on every architecture. `struct open_how`: u64 flags, mode, resolve. */
const SYS_OPENAT2 = 437;
const AT_FDCWD = -100;
const O_PATH_CLOEXEC = 0o12000000n;
const RESOLVE_CACHED = 0x20n;
const HOW_SIZE = 24;
/** statx(2): the device's numbers are words 34 and 35 of `struct statx`, which has 64. */
const AT_EMPTY_PATH = 0x1000;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_WORDS = 64;
const STATX_DEVICE = 34;

/**
 * Space of a file system that counts in memory, without a thread: one costs several times what the answer does. The way
 * to it is walked as far as the kernel remembers it, so that nothing on it can be waited for, and what is found is
 * looked at by its device alone before it is asked.
 *
 * @param path bytes, without a NUL
 * @returns undefined when it cannot be told so: other kernels than Linux 5.12 and later, another device, a way forgotten
 */
export function spaceAtOnce(path: Uint8Array, major: number, minor: number): Space | undefined {
  return atOnce(path, (fd, device) => {
    if (device.major !== major || device.minor !== minor) return undefined;
    const result = new BigUint64Array(STATVFS_WORDS);
    checked(fstatvfs(fd, result), 'fstatvfs');
    return spaceIn(result);
  });
}

/** Of a path that can be opened. PATH_MAX of <linux/limits.h> */
const MAX_PATH = 4096;

/**
 * Names the file system that a path lies on, without waiting for any: as far as the kernel remembers the way. What it
 * has forgotten lies behind what it knows, so a file system that does not answer has one name.
 * @returns the device's numbers; the path itself on kernels before Linux 5.12
 */
export function fileSystemAt(file: string): string {
  if (file.length > MAX_PATH) return file;
  for (let place = path.resolve(file); ; place = path.dirname(place)) {
    const name = atOnce(Buffer.from(place), (_, { major, minor }) => `${major}:${minor}`);
    if (name !== undefined) return name;
    if (place === '/') return file;
  }
}

/** Looks at what the kernel remembers. @returns undefined also when it remembers nothing there */
function atOnce<T>(path: Uint8Array, look: (fd: number, device: { major: number; minor: number }) => T): T | undefined {
  const how = BigUint64Array.of(O_PATH_CLOEXEC, 0n, RESOLVE_CACHED);
  const fd = Number(openat2(SYS_OPENAT2, AT_FDCWD, terminated(path), how, HOW_SIZE));
  if (fd === -1) return undefined;
  try {
    const status = new Uint32Array(STATX_WORDS);
    checked(statx(fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, status), 'statx');
    const [major = 0, minor = 0] = status.subarray(STATX_DEVICE);
    return look(fd, { major, minor });
  } finally {
    close(fd);
  }
}

function spaceIn([, unit = 0n, blocks = 0n, free = 0n, available = 0n]: BigUint64Array): Space {
  return { unit, blocks, free, available };
}

function terminated(path: Uint8Array): Uint8Array {
  return Buffer.concat([path, Buffer.alloc(1)]);
}

/**
 * Tells the device below a file system which of its blocks are unused; takes minutes on some devices.
 * @param minimum bytes; smaller free ranges are left alone
 * @returns bytes told, and the minimum that was used: the file system rounds it up
 * @throws {Error} errno error: EOPNOTSUPP, ENOTTY the device or file system cannot
 */
export async function trimFileSystem(fd: number, minimum: bigint): Promise<{ trimmed: bigint; minimum: bigint }> {
  const range = BigUint64Array.of(0n, WHOLE, minimum);
  await called('ioctl FITRIM', (done) => ioctl.async(fd, FITRIM, range, done));
  const [, trimmed = 0n, used = 0n] = range;
  return { trimmed, minimum: used };
}

/**
 * Writes everything out and lets nobody write until it is thawed, which the kernel does not do by itself. Takes as long
 * as the writing.
 * @param fd of anything in the file system
 * @throws {Error} errno error: EOPNOTSUPP it cannot, EBUSY it is frozen already
 */
export function freezeFileSystem(fd: number): Promise<void> {
  return called('ioctl FIFREEZE', (done) => ioctl.async(fd, FIFREEZE, null, done));
}

/**
 * Takes back one freeze.
 * @throws {Error} errno error: EINVAL it is not frozen
 */
export function thawFileSystem(fd: number): Promise<void> {
  return called('ioctl FITHAW', (done) => ioctl.async(fd, FITHAW, null, done));
}

function called(name: string, start: (done: Callback) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (error !== null) reject(error);
      else if (result === -1) reject(systemError(name));
      else resolve();
    });
  });
}
