import { closeSync } from 'node:fs';
import { makePipe } from '#shared/native/pipe.ts';
import type { Stdio } from '#shared/native/program.ts';
import { ByteStream } from '#shared/socket/byte-stream.ts';
import type { ProgramSpec } from './exec.ts';
import type { Sinks } from './table.ts';

/** The pipes between us and one program. */
export class Pipes {
  /** Settles when every captured output has come to its end, or has been given up. */
  readonly drained: Promise<void>;
  /** The program's standard input, output and error output. */
  readonly theirs: [Stdio, Stdio, Stdio] = ['ignore', 'ignore', 'ignore'];
  readonly #open = new Set<ByteStream>();
  #input: number | undefined;
  #reading = 0;
  #settle: () => void = () => {};

  constructor(private readonly sinks: Sinks) {
    this.drained = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** @throws {Error} errno error, EMFILE; `close` then undoes what was done */
  open({ input, capture }: ProgramSpec): Pipes['theirs'] {
    if (input !== undefined) {
      const { readEnd, writeEnd } = makePipe('writeEnd');
      this.theirs[0] = readEnd;
      this.#input = writeEnd;
    }
    if (capture === 'stdout' || capture === 'separated' || capture === 'merged') {
      this.theirs[1] = this.#captured(this.sinks.stdout);
    }
    if (capture === 'merged') this.theirs[2] = this.theirs[1];
    if (capture === 'stderr' || capture === 'separated') this.theirs[2] = this.#captured(this.sinks.stderr);
    if (this.#reading === 0) this.#settle();
    return this.theirs;
  }

  /** Once the program has its own; the end of its output is not seen before. */
  closeTheirs(): void {
    for (const fd of new Set(this.theirs)) if (fd !== 'ignore') closeSync(fd);
    this.theirs.fill('ignore');
  }

  /** Writes as fast as the program reads, then ends its input; one that does not read it is no trouble. */
  feed(bytes: Uint8Array): void {
    if (this.#input === undefined) return;
    const close = () => this.#close(stream);
    const stream = this.#attach(this.#input, { drained: close, failed: close });
    if (bytes.length === 0 || stream.write(bytes)) close();
  }

  close(): void {
    this.closeTheirs();
    if (this.#input !== undefined) closeSync(this.#input);
    this.#input = undefined;
    for (const stream of this.#open) stream.close();
    this.#open.clear();
    this.#settle();
  }

  /** @returns the program's end */
  #captured(sink: (bytes: Uint8Array) => void): number {
    const { readEnd, writeEnd } = makePipe('readEnd');
    const ended = () => {
      this.#close(stream);
      if (--this.#reading === 0) this.#settle();
    };
    let stream: ByteStream;
    try {
      stream = this.#attach(readEnd, { data: sink, ended, failed: ended });
    } catch (error) {
      closeSync(writeEnd);
      throw error;
    }
    this.#reading++;
    return writeEnd;
  }

  /** The stream owns `fd`. A write is full, and so reported as drained, if anything of it is left. */
  #attach(fd: number, events: Partial<ConstructorParameters<typeof ByteStream>[1]>): ByteStream {
    if (fd === this.#input) this.#input = undefined;
    const nothing = () => {};
    const all = { present: nothing, data: nothing, drained: nothing, ended: nothing, failed: nothing, ...events };
    const stream = new ByteStream(fd, all, { paused: false, device: false, highWater: 0 });
    this.#open.add(stream);
    return stream;
  }

  #close(stream: ByteStream): void {
    stream.close();
    this.#open.delete(stream);
  }
}
