import { constants } from 'node:os';
import { Spare } from '#shared/bytes/spare.ts';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import type { Descriptor } from './descriptor.ts';
import type { FileData, Whence } from './files.ts';

/**
 * A C stdio stream as hosts of the QEMU agent know it, over a descriptor that may make us wait. They see its buffers: a
 * full disk shows at the flush and not at the write, and after reading 10 bytes the position is 10, whatever was read
 * ahead. A failed flush drops what was buffered, as the C library does. One call at a time.
 *
 * Unlike stdio's, a read of a pipe that has less than was asked for gives what there is; there it is lost.
 * Source: QEMU qga/commands-posix.c, glibc libio/fileops.c.
 */
export class Stream {
  readonly #blockSize: number;
  /** Between reading and writing lies a seek or a flush. */
  #last: 'read' | 'write' | 'neither' = 'neither';
  /** Read from the descriptor and not yet asked for. */
  #ahead: Buffer = NOTHING;
  /** Not yet written; its memory is taken at the first need. */
  #behind: Buffer = NOTHING;
  #behindSize = 0;
  /** A first write finds no buffer and writes whole blocks straight on; a later one fills the buffer first. */
  #fills = false;

  constructor(
    private readonly descriptor: Descriptor,
    private readonly access: { readonly canRead: boolean; readonly canWrite: boolean },
    private readonly spare = new Spare(),
  ) {
    this.#blockSize = descriptor.blockSize;
  }

  async read(count: number): Promise<FileData> {
    if (this.#last === 'write') await failing('failed to flush file', this.#flushBehind());
    this.#fills = false;
    const { bytes, release } = this.spare.take(count);
    const data = await failing('failed to read file', this.#fill(bytes.subarray(0, count)));
    this.#last = 'read';
    return { ...data, release };
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#last === 'read') await this.seek(0n, 'cur');
    await failing('failed to write to file', this.#put(bytes));
    this.#last = 'write';
  }

  async seek(offset: bigint, whence: Whence): Promise<bigint> {
    return failing('failed to seek file', this.#seek(offset, whence));
  }

  async flush(): Promise<void> {
    await failing('failed to flush file', this.#flush());
    this.#last = 'neither';
  }

  /** Closes in any case. @throws {AgentError} 'failed' when what was buffered could not be written */
  async close(): Promise<void> {
    const flushed = this.#flushBehind().finally(() => this.descriptor.close());
    await failing('failed to close handle', flushed);
  }

  async #fill(into: Buffer): Promise<FileData> {
    let size = this.#takeAhead(into, 0);
    if (size < into.length && !this.access.canRead) throw badDescriptor();
    while (size < into.length) {
      const wanted = into.length - size;
      const count = await this.#readMore(into, size, wanted).catch((error: unknown) => {
        if (size > 0 && errnoOf(error) === 'EAGAIN') return undefined;
        throw error;
      });
      if (count === undefined) break;
      if (count === 0) return { bytes: into.subarray(0, size), eof: true };
      size += count;
    }
    return { bytes: into.subarray(0, size), eof: false };
  }

  /** Whole blocks come straight to where they are wanted, the rest by way of the buffer. */
  async #readMore(into: Buffer, at: number, wanted: number): Promise<number> {
    const direct = wanted - (wanted % this.#blockSize);
    if (direct > 0) return this.descriptor.read(into.subarray(at, at + direct));
    const ahead = Buffer.allocUnsafe(this.#blockSize);
    this.#ahead = ahead.subarray(0, await this.descriptor.read(ahead));
    return this.#takeAhead(into, at);
  }

  #takeAhead(into: Buffer, at: number): number {
    const count = this.#ahead.copy(into, at);
    this.#ahead = this.#ahead.subarray(count);
    return count;
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    if (!this.access.canWrite) throw badDescriptor();
    const lines = this.descriptor.isTerminal ? bytes.lastIndexOf(NEWLINE) + 1 : 0;
    await this.#buffer(bytes.subarray(0, lines));
    if (lines > 0) await this.#flushBehind();
    await this.#buffer(bytes.subarray(lines));
  }

  async #buffer(bytes: Uint8Array): Promise<void> {
    const first = this.#fills ? this.#putBehind(bytes) : 0;
    if (first === bytes.length) return;
    this.#fills = true;
    await this.#flushBehind();
    const rest = bytes.subarray(first);
    const direct = rest.length - (rest.length % this.#blockSize);
    await this.#writeAll(rest.subarray(0, direct));
    this.#putBehind(rest.subarray(direct));
  }

  #putBehind(bytes: Uint8Array): number {
    if (this.#behind === NOTHING) this.#behind = Buffer.allocUnsafe(this.#blockSize);
    const count = Math.min(bytes.length, this.#blockSize - this.#behindSize);
    this.#behind.set(bytes.subarray(0, count), this.#behindSize);
    this.#behindSize += count;
    return count;
  }

  async #flushBehind(): Promise<void> {
    const bytes = this.#behind.subarray(0, this.#behindSize);
    this.#behindSize = 0;
    await this.#writeAll(bytes);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) at += await this.descriptor.write(bytes.subarray(at));
  }

  async #seek(offset: bigint, whence: Whence): Promise<bigint> {
    await this.#flushBehind();
    this.#fills = false;
    const from = whence === 'cur' ? offset - BigInt(this.#ahead.length) : offset;
    try {
      const position = await this.descriptor.seek(from, whence);
      this.#ahead = NOTHING;
      this.#last = 'neither';
      return position;
    } catch (error) {
      if (errnoOf(error) === 'ESPIPE') this.#last = 'neither';
      throw error;
    }
  }

  async #flush(): Promise<void> {
    await this.#flushBehind();
    if (this.#ahead.length === 0) return;
    try {
      await this.descriptor.seek(-BigInt(this.#ahead.length), 'cur');
      this.#ahead = NOTHING;
    } catch (error) {
      if (errnoOf(error) !== 'ESPIPE') throw error;
    }
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
const NEWLINE = 0x0a;

/** What the C library says itself, without asking the kernel. */
function badDescriptor(): NodeJS.ErrnoException {
  return Object.assign(new Error('EBADF'), { code: 'EBADF', errno: -constants.errno.EBADF });
}

async function failing<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new AgentError('failed', `${what}: ${systemErrorText(error)}`, { cause: error });
  }
}
