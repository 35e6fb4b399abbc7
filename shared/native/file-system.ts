import { libc, systemError } from './libc.ts';

type Callback = (error: Error | null, result: number) => void;

/** Functions of C as koffi calls them on a thread of the pool. `errno` belongs to the call whose callback runs. */
const statvfs: Asynchronous<[path: Uint8Array, result: BigUint64Array]> = libc.func(
  'int statvfs(const void *path, void *result)',
);
const ioctl: Asynchronous<[fd: number, request: number, range: BigUint64Array]> = libc.func('ioctl', 'int', [
  'int',
  'unsigned long',
  'void *',
]);

interface Asynchronous<Args extends readonly unknown[]> {
  async(...args: [...Args, Callback]): void;
}

/** `struct statvfs` of 64-bit Linux begins with bsize, frsize, blocks, bfree, bavail, each 64 bits. statvfs(3) */
const STATVFS_WORDS = 32;
/** _IOWR('X', 121, struct fstrim_range), which is u64 start, len, minlen. Linux, include/uapi/linux/fs.h */
const FITRIM = 0xc0185879;
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
  await called('statvfs', (done) => statvfs.async(Buffer.concat([path, Buffer.alloc(1)]), result, done));
  const [, unit = 0n, blocks = 0n, free = 0n, available = 0n] = result;
  return { unit, blocks, free, available };
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

function called(name: string, start: (done: Callback) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (error !== null) reject(error);
      else if (result === -1) reject(systemError(name));
      else resolve();
    });
  });
}
