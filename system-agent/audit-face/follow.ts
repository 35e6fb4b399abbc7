import { closeSync, fstatSync, openSync, readSync, statSync, watch } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { errnoOf } from '#shared/errors.ts';
import { logFiles, MAX_LINE } from '../audit/folder.ts';

/**
 * Tells each line that is added to a log from now on, over rotations, until `signal` aborts. The kernel says when to look:
 * nothing is polled.
 * @param fromStart also tells what the log has now
 * @throws {Error} errno error, ENOENT when there is no such folder
 */
export async function followLog(
  folder: string,
  fromStart: boolean,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  using log = new GrowingLog(folder, tell);
  const watcher = watch(folder);
  try {
    log.begin(fromStart);
    await new Promise<void>((resolve, reject) => {
      watcher.on('error', reject);
      watcher.on('change', () => {
        try {
          log.read();
        } catch (error) {
          reject(error);
        }
      });
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    watcher.close();
  }
}

/** The files of a log one after the other, each to its end. */
class GrowingLog implements Disposable {
  readonly #bytes = Buffer.allocUnsafe(MAX_LINE);
  #open: { readonly fd: number; readonly inode: number; position: number; rest: string } | undefined;

  constructor(
    private readonly folder: string,
    private readonly tell: (line: string) => void,
  ) {}

  /** Begins with the oldest file, or at the end of the one that is written. */
  begin(fromStart: boolean): void {
    if (!fromStart) this.#openNewest();
    this.read();
  }

  read(): void {
    for (;;) {
      this.#readOn();
      const files = filesNow(this.folder);
      // One that was rotated away meanwhile was the oldest: all there are come after it.
      const next = files[files.findIndex(({ inode }) => inode === this.#open?.inode) + 1];
      if (next === undefined) return;
      this.#readOn(); // what came between the last look and the rotation
      this.#openFile(next);
    }
  }

  [Symbol.dispose](): void {
    if (this.#open !== undefined) closeSync(this.#open.fd);
    this.#open = undefined;
  }

  /** @returns false when it has another name by now */
  #openFile({ path, inode }: FileNow): boolean {
    const fd = openIfThere(path);
    if (fd === undefined) return false;
    if (fstatSync(fd).ino !== inode) {
      closeSync(fd);
      return false;
    }
    this[Symbol.dispose]();
    this.#open = { fd, inode, position: 0, rest: '' };
    return true;
  }

  /** At its end. One that gets another name between look and opening is not the newest any more. */
  #openNewest(): void {
    for (let newest = filesNow(this.folder).at(-1); newest !== undefined; newest = filesNow(this.folder).at(-1)) {
      if (!this.#openFile(newest) || this.#open === undefined) continue;
      this.#open.position = fstatSync(this.#open.fd).size;
      return;
    }
  }

  #readOn(): void {
    const file = this.#open;
    if (file === undefined) return;
    for (;;) {
      const count = readSync(file.fd, this.#bytes, 0, this.#bytes.length, file.position);
      if (count === 0) return;
      file.position += count;
      const lines = (file.rest + this.#bytes.toString('latin1', 0, count)).split('\n');
      file.rest = (lines.pop() ?? '').slice(0, MAX_LINE + 1);
      for (const line of lines) this.tell(line);
    }
  }
}

interface FileNow {
  readonly path: string;
  readonly inode: number;
}

/** The files of a log as they are at one moment, oldest first: looked at until two looks agree. */
function filesNow(folder: string): readonly FileNow[] {
  let files = look(folder);
  for (;;) {
    const again = look(folder);
    if (isDeepStrictEqual(files, again)) return files;
    files = again;
  }
}

function look(folder: string): readonly FileNow[] {
  return logFiles(folder).flatMap(({ path }) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? [] : [{ path, inode: found.ino }];
  });
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
