import { Spare } from '#shared/bytes/spare.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { collectSoon } from '#shared/lifecycle/garbage.ts';
import { Patience } from '#shared/lifecycle/patience.ts';
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
  /** How long one operation may take; the file stays busy until it has come back. */
  readonly operationMs: number;
  /** File systems that do not answer, each of which holds a thread, before none is asked any more. */
  readonly maxHanging: number;
  /** What an orderly stop may take; hosts' last bytes are in our buffers. */
  readonly stopMs: number;
}

const LIMITS: Limits = { maxOpen: 512, idleMs: 3_600_000, operationMs: 20_000, maxHanging: 2, stopMs: 1_000 };

/** How files are opened. */
export interface Opener {
  /** @param flags open(2)'s. @throws {Error} errno error */
  open(path: string, flags: number): Promise<Descriptor>;
  /** A name for the file system that a path lies on; never waits. */
  fileSystemAt(path: string): string;
}

/** Pieces whose memory is worth being given back. */
const LARGE = 64 * 1024;

interface Entry {
  readonly stream: Stream;
  readonly fileSystem: string;
  busy: boolean;
  usedAt: number;
}

/** Handles and what they stand for. They outlive the host's connection and end with the agent. */
export class FileTable implements Files {
  readonly name = 'files';
  readonly #entries = new Map<Handle, Entry>();
  readonly #limits: Limits;
  readonly #patience: Patience;
  readonly #spare = new Spare();
  #opening = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly opener: Opener,
    private readonly nextHandle: () => Promise<Handle>,
    private readonly log: Log,
    limits: Partial<Limits> = {},
  ) {
    this.#limits = { ...LIMITS, ...limits };
    this.#patience = new Patience(this.#limits.operationMs, this.#limits.maxHanging);
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    clearTimeout(this.#idle);
    const closed = Promise.all([...this.#entries].map(([handle, entry]) => this.#closeAtStop(handle, entry)));
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
    const opening = { givenUp: false };
    this.#opening++;
    try {
      return await this.#ask(this.opener.fileSystemAt(path), async () => {
        const descriptor = await this.opener.open(path, mode.flags).catch((cause: unknown) => {
          throw new AgentError('failed', `${what}: ${systemErrorText(cause)}`, { cause });
        });
        return this.#enter(new Stream(descriptor, mode, this.#spare), this.opener.fileSystemAt(path), opening);
      });
    } finally {
      opening.givenUp = true;
      this.#opening--;
    }
  }

  async close(handle: Handle): Promise<void> {
    const { fileSystem, stream } = this.#find(handle);
    await this.#ask(fileSystem, () => {
      this.#entries.delete(handle);
      return stream.close();
    });
  }

  read(handle: Handle, count: number): Promise<FileData> {
    if (count >= LARGE) collectSoon();
    return this.#use(handle, (stream) => stream.read(count));
  }

  write(handle: Handle, bytes: Uint8Array): Promise<void> {
    if (bytes.length >= LARGE) collectSoon();
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

  async #enter(stream: Stream, fileSystem: string, opening: { readonly givenUp: boolean }): Promise<Handle> {
    try {
      const handle = await this.nextHandle();
      if (opening.givenUp) throw new AgentError('cancelled', 'nobody waits for it any more');
      this.#entries.set(handle, { stream, fileSystem, busy: false, usedAt: performance.now() });
      this.#watchIdle();
      return handle;
    } catch (error) {
      await stream.close();
      throw error;
    }
  }

  async #use<T>(handle: Handle, work: (stream: Stream) => Promise<T>): Promise<T> {
    const entry = this.#find(handle);
    return this.#ask(entry.fileSystem, async () => {
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

  #ask<T>(fileSystem: string, work: () => Promise<T>): Promise<T> {
    return this.#patience.ask(fileSystem, work, () => {
      throw new AgentError('timeout', 'the file system does not answer');
    });
  }

  #watchIdle(): void {
    this.#idle ??= setTimeout(() => void this.#closeIdle(), this.#limits.idleMs).unref();
  }

  /** One after the other: each takes a thread while it is closed. */
  async #closeIdle(): Promise<void> {
    const since = performance.now() - this.#limits.idleMs;
    for (const [handle, { busy, usedAt }] of [...this.#entries]) {
      if (busy || usedAt > since || !this.#entries.has(handle)) continue;
      this.log.info('closing a file that its host has left open', { handle: `${handle}` });
      await this.close(handle).catch((error: unknown) => this.#notClosed(handle, error));
    }
    this.#idle = undefined;
    if (this.#entries.size > 0) this.#watchIdle();
  }

  async #closeAtStop(handle: Handle, { stream, busy }: Entry): Promise<void> {
    this.#entries.delete(handle);
    if (busy) return; // whatever it waits for has its thread already
    await stream.close().catch((error: unknown) => this.#notClosed(handle, error));
  }

  #notClosed(handle: Handle, error: unknown): void {
    this.log.warn('file was not closed well', { handle: `${handle}`, reason: messageOf(error) });
  }
}
