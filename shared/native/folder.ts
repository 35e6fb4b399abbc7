import { readAvailable } from './descriptor.ts';
import { checked, libc } from './libc.ts';
import { watchOwned } from './owned-watch.ts';
import { type Watch, watchReadiness } from './readiness.ts';

const IN_NONBLOCK_CLOEXEC = 0o2004000;
const IN_CREATE = 0x100;
const IN_MOVED_TO = 0x80;
const IN_ATTRIB = 0x4;
const IN_MOVED_FROM = 0x40;
const IN_DELETE = 0x200;
const IN_ONLYDIR = 0x1000000;

const inotifyInit: (flags: number) => number = libc.func('int inotify_init1(int flags)');
const inotifyAddWatch: (fd: number, path: string, mask: number) => number = libc.func(
  'int inotify_add_watch(int fd, const char *path, uint32_t mask)',
);

const APPEARED = IN_CREATE | IN_MOVED_TO | IN_ATTRIB;
const GONE = IN_DELETE | IN_MOVED_FROM;

/** Room for many names; what matters is that something happened, so names cut by it are no loss. */
const EVENTS_SIZE = 16 * 1024;
/** `struct inotify_event`: int wd, u32 mask, cookie, len, then len bytes of name. inotify(7) */
const HEADER_SIZE = 16;
const LENGTH_OFFSET = 12;

/**
 * Reports names that appear in a folder or whose mode or owner changes. Node's `fs.watch` also wakes for every write
 * to every file, which in /dev is a lot.
 *
 * @param also `gone`: names that disappear are reported too
 * @throws {Error} errno error, ENOENT when there is no such folder
 */
export function watchFolder(folder: string, changed: (name: string) => void, also?: 'gone'): Watch {
  const mask = APPEARED | (also === 'gone' ? GONE : 0) | IN_ONLYDIR;
  const events = Buffer.alloc(EVENTS_SIZE);
  const fd = checked(inotifyInit(IN_NONBLOCK_CLOEXEC), 'inotify_init1');
  const report = () => {
    for (let size = readAvailable(fd, events); size; size = watch.open ? readAvailable(fd, events) : 0) {
      for (const name of namesOf(events.subarray(0, size))) if (watch.open) changed(name);
    }
  };
  const watch = watchOwned(fd, () => {
    checked(inotifyAddWatch(fd, folder, mask), 'inotify_add_watch', folder);
    return watchReadiness(fd, report);
  });
  return watch;
}

function* namesOf(events: Buffer): Generator<string> {
  const view = new DataView(events.buffer, events.byteOffset, events.length);
  for (let at = 0; at + HEADER_SIZE <= events.length; ) {
    const length = view.getUint32(at + LENGTH_OFFSET, LITTLE_ENDIAN);
    const name = events.toString('utf8', at + HEADER_SIZE, at + HEADER_SIZE + length);
    yield name.replace(/\0+$/, '');
    at += HEADER_SIZE + length;
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
