import { constants } from 'node:fs';
import { libc } from './libc.ts';

/**
 * Reads of files and folders that the kernel holds in memory. An inventory asks for hundreds, and many are not there:
 * Node's functions cost several times the system call, and ten times when they throw.
 */
const open: (path: string, flags: number) => number = libc.func('int open(const char *path, int flags)');
const read: (fd: number, into: Uint8Array, size: number) => number | bigint = libc.func(
  'int64_t read(int fd, void *into, size_t size)',
);
const close: (fd: number) => number = libc.func('int close(int fd)');
const readlink: (path: string, into: Uint8Array, size: number) => number | bigint = libc.func(
  'int64_t readlink(const char *path, void *into, size_t size)',
);
const syscall: (number: number, fd: number, into: Uint8Array, size: number) => number | bigint = libc.func(
  'int64_t syscall(long number, int fd, void *into, size_t size)',
);

const O_CLOEXEC = 0o2000000;
/** The C library has a function for it only since glibc 2.30. Source: the kernel's tables of system calls. */
const SYS_GETDENTS64 = { x64: 217, s390x: 220, ppc64: 202 }[process.arch as string] ?? 61;

/** `struct linux_dirent64`: u64 inode, i64 offset, u16 length of this record, u8 type, name with a NUL. getdents(2) */
const LENGTH_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;

const PATH_MAX = 4096;
const buffer = Buffer.alloc(64 * 1024);

/**
 * The beginning of a file, at most 64 KiB. One read, as plain files and those of sysfs give all they have.
 * @returns undefined when there is no such file or it cannot be read
 */
export function readSmallText(path: string): string | undefined {
  const fd = open(path, constants.O_RDONLY | O_CLOEXEC);
  if (fd === -1) return undefined;
  try {
    const size = Number(read(fd, buffer, buffer.length));
    return size < 0 ? undefined : buffer.toString('utf8', 0, size);
  } finally {
    close(fd);
  }
}

/** Types of members of a folder, as far as they matter here. <dirent.h> */
const DT_DIR = 4;
const DT_LNK = 10;

/**
 * Members of a folder in the order in which the system has them, without `.` and `..`.
 * @param max no more are read
 * @returns undefined when there is no such folder
 */
export function listFolder(
  path: string,
  max: number,
): readonly { readonly name: string; readonly kind: 'folder' | 'link' | 'other' }[] | undefined {
  const fd = open(path, constants.O_RDONLY | constants.O_DIRECTORY | O_CLOEXEC);
  if (fd === -1) return undefined;
  try {
    const entries: { name: string; kind: 'folder' | 'link' | 'other' }[] = [];
    for (;;) {
      const size = Number(syscall(SYS_GETDENTS64, fd, buffer, buffer.length));
      if (size <= 0 || entries.length >= max) return entries;
      for (let at = 0; at < size; at += view.getUint16(at + LENGTH_AT, LITTLE_ENDIAN)) {
        const name = buffer.toString('utf8', at + NAME_AT, buffer.indexOf(0, at + NAME_AT));
        if (name === '.' || name === '..') continue;
        const type = buffer[at + TYPE_AT];
        entries.push({ name, kind: type === DT_LNK ? 'link' : type === DT_DIR ? 'folder' : 'other' });
      }
    }
  } finally {
    close(fd);
  }
}

/** What a symbolic link says; undefined when there is no such link. */
export function readLink(path: string): string | undefined {
  const size = Number(readlink(path, buffer, PATH_MAX));
  return size < 0 ? undefined : buffer.toString('utf8', 0, size);
}

const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
