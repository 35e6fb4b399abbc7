import { AgentError } from '#shared/errors.ts';
import { isBelow } from '#shared/files.ts';
import type { Files } from './files.ts';

/** For tests: only paths that begin with `folder`. What links in it point at is the business of who made them. */
export function confinedFiles(files: Files, folder: string): Files {
  return {
    name: files.name,
    start: (signal) => files.start(signal),
    stop: () => files.stop(),
    async open(file, mode) {
      if (!isBelow(folder, file)) throw new AgentError('refused', `only files below ${folder} may be opened`);
      return files.open(file, mode);
    },
    close: (handle) => files.close(handle),
    read: (handle, count) => files.read(handle, count),
    write: (handle, bytes) => files.write(handle, bytes),
    seek: (handle, offset, whence) => files.seek(handle, offset, whence),
    flush: (handle) => files.flush(handle),
    check: (handle) => files.check(handle),
  };
}
