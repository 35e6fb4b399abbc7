import * as fs from 'node:fs';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { errnoOf } from '#shared/errors.ts';
import { seekDescriptor } from '#shared/native/seek.ts';
import type { Descriptor } from './descriptor.ts';

const { O_CREAT, O_EXCL, O_NOCTTY, O_NONBLOCK } = fs.constants;

/** Of a new file, whatever the umask: what hosts of the QEMU agent get. */
const NEW_FILE_MODE = 0o666;
/** stdio's buffer, unless the file system prefers a smaller one. glibc libio/filedoalloc.c */
const BUFFER_SIZE = 8192;

// Node's thread pool: a file system that does not answer holds a thread there, and never the loop.
const open = promisify(fs.open);
const fchmod = promisify(fs.fchmod);
const fstat = promisify(fs.fstat);
const close = promisify(fs.close);

/**
 * Opens without waiting for the other end of a pipe or line. A new file is created as such or not at all, so that only
 * one that is ours gets its mode.
 * @param flags open(2)'s; close-on-exec is always set
 * @throws {Error} errno error
 */
export async function openDescriptor(path: string, flags: number): Promise<Descriptor> {
  const wanted = flags | O_NOCTTY | O_NONBLOCK;
  return descriptorOf((flags & O_CREAT) === 0 ? await open(path, wanted, 0) : await openOrCreate(path, wanted));
}

/**
 * Makes a file that is not there.
 * @throws {Error} errno error, EEXIST when it is
 */
export async function createDescriptor(path: string, flags: number): Promise<Descriptor> {
  return descriptorOf(await create(path, flags | O_NOCTTY | O_NONBLOCK));
}

async function descriptorOf(fd: number): Promise<Descriptor> {
  try {
    const { blksize } = await fstat(fd);
    return {
      blockSize: blksize > 0 && blksize < BUFFER_SIZE ? blksize : BUFFER_SIZE,
      isTerminal: isatty(fd),
      read: (into) => transfer((done) => fs.read(fd, into, 0, into.length, null, done)),
      write: (bytes) => transfer((done) => fs.write(fd, bytes, 0, bytes.length, null, done)),
      async seek(offset, whence) {
        if (whence !== 'end') return seekDescriptor(fd, offset, whence);
        // As stdio does: a server's file is asked for its size in the pool, and files of the kernel have none.
        const found = await fstat(fd, { bigint: true });
        return found.isFile() ? seekDescriptor(fd, offset + found.size, 'set') : seekDescriptor(fd, offset, 'end');
      },
      close: () => close(fd),
    };
  } catch (error) {
    await close(fd);
    throw error;
  }
}

async function openOrCreate(path: string, flags: number): Promise<number> {
  try {
    return await create(path, flags);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return open(path, flags & ~O_CREAT, 0);
  }
}

async function create(path: string, flags: number): Promise<number> {
  const fd = await open(path, flags | O_CREAT | O_EXCL, 0);
  try {
    await fchmod(fd, NEW_FILE_MODE);
    return fd;
  } catch (error) {
    await close(fd);
    throw error;
  }
}

function transfer(start: (done: (error: Error | null, count: number) => void) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    start((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
