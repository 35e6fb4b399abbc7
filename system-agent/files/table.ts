import { AgentError, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import type { Descriptor } from './descriptor.ts';
import type { FileData, Files, Handle, Whence } from './files.ts';
import type { FileMode } from './mode.ts';
import { Stream } from './stream.ts';

export interface Limits {
  /** Open at one time; beyond it an open fails as if the process had no descriptors left. */
  readonly maxOpen: number;
  /** A file that nobody has touched for so long is closed: its host has forgotten it. */
  readonly idleMs: number;
  /** Operations that a file system keeps, each in a thread of Node's four, before no other is begun. */
  readonly maxAtWork: number;
  /** What an orderly stop may take; hosts' last bytes are in our buffers. */
  readonly stopMs: number;
}

const LIMITS: Limits = { maxOpen: 512, idleMs: 3_600_000, maxAtWork: 2, stopMs: 1_000 };

type Open = (path: string, flags: number) => Promise<Descriptor>;

interface Entry {
  readonly stream: Stream;
  busy: boolean;
  usedAt: number;
}

/** Handles and what they stand for. They outlive the host's connection and end with the agent. */
export class FileTable implements Files {
  readonly name = 'files';
  readonly #entries = new Map<Handle, Entry>();
  readonly #limits: Limits;
  #opening = 0;
  #atWork = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly openDescriptor: Open,
    private readonly nextHandle: () => Promise<Handle>,
    private readonly log: Log,
    limits: Partial<Limits> = {},
  ) {
    this.#limits = { ...LIMITS, ...limits };
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    clearTimeout(this.#idle);
    const closed = Promise.all([...this.#entries].map(([handle, entry]) => this.#closeQuietly(handle, entry)));
    let deadline: NodeJS.Timeout | undefined;
    await Promise.race([
      closed,
      new Promise((resolve) => {
        deadline = setTimeout(resolve, this.#limits.stopMs);
      }),
    ]);
    clearTimeout(deadline);
  }

  async open(path: string, mode: FileMode): Promise<Handle> {
    const what = `failed to open file '${path}' (mode: '${mode.name}')`;
    if (this.#entries.size + this.#opening >= this.#limits.maxOpen) {
      throw new AgentError('failed', `${what}: Too many open files`);
    }
    this.#opening++;
    try {
      return await this.#work(async () => {
        const descriptor = await this.openDescriptor(path, mode.flags).catch((cause: unknown) => {
          throw new AgentError('failed', `${what}: ${systemErrorText(cause)}`, { cause });
        });
        return this.#enter(new Stream(descriptor, mode));
      });
    } finally {
      this.#opening--;
    }
  }

  async close(handle: Handle): Promise<void> {
    const entry = this.#find(handle);
    this.#entries.delete(handle);
    await this.#work(() => entry.stream.close());
  }

  read(handle: Handle, count: number): Promise<FileData> {
    return this.#use(handle, (stream) => stream.read(count));
  }

  write(handle: Handle, bytes: Uint8Array): Promise<void> {
    return this.#use(handle, (stream) => stream.write(bytes));
  }

  seek(handle: Handle, offset: bigint, whence: Whence): Promise<bigint> {
    return this.#use(handle, (stream) => stream.seek(offset, whence));
  }

  flush(handle: Handle): Promise<void> {
    return this.#use(handle, (stream) => stream.flush());
  }

  check(handle: Handle): void {
    this.#find(handle);
  }

  async #enter(stream: Stream): Promise<Handle> {
    try {
      const handle = await this.nextHandle();
      this.#entries.set(handle, { stream, busy: false, usedAt: performance.now() });
      this.#watchIdle();
      return handle;
    } catch (error) {
      await stream.close();
      throw error;
    }
  }

  async #use<T>(handle: Handle, work: (stream: Stream) => Promise<T>): Promise<T> {
    const entry = this.#find(handle);
    return this.#work(async () => {
      entry.busy = true;
      try {
        return await work(entry.stream);
      } finally {
        entry.busy = false;
        entry.usedAt = performance.now();
      }
    });
  }

  #find(handle: Handle): Entry {
    const entry = this.#entries.get(handle);
    if (entry === undefined) throw new AgentError('not-found', `handle '${handle}' has not been found`);
    if (entry.busy) throw new AgentError('refused', `handle '${handle}' waits for an earlier operation to end`);
    return entry;
  }

  /** A host that went away left its operation behind; the door is open again, the thread is not. */
  async #work<T>(work: () => Promise<T>): Promise<T> {
    if (this.#atWork >= this.#limits.maxAtWork) {
      throw new AgentError('refused', `${this.#atWork} earlier file operations have not ended`);
    }
    this.#atWork++;
    try {
      return await work();
    } finally {
      this.#atWork--;
    }
  }

  #watchIdle(): void {
    this.#idle ??= setTimeout(() => this.#closeIdle(), this.#limits.idleMs).unref();
  }

  #closeIdle(): void {
    this.#idle = undefined;
    const since = performance.now() - this.#limits.idleMs;
    for (const [handle, entry] of this.#entries) {
      if (entry.busy || entry.usedAt > since) continue;
      this.log.info('closed a file that its host has left open', { handle: `${handle}` });
      void this.#closeQuietly(handle, entry);
    }
    if (this.#entries.size > 0) this.#watchIdle();
  }

  async #closeQuietly(handle: Handle, { stream, busy }: Entry): Promise<void> {
    this.#entries.delete(handle);
    if (busy) return; // whatever it waits for has its thread already
    await stream.close().catch((error: unknown) => {
      this.log.warn('file was not closed well', { handle: `${handle}`, reason: messageOf(error) });
    });
  }
}
