import { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';

/** Memory for bytes that belong to somebody else and are copied. */
const BLOCK_BYTES = 64 * 1024;
/** Shorter parts are copied together: each that is kept by itself costs an object. */
const LEAST_KEPT_BYTES = 16 * 1024;

/** Bytes that are all there, or still come. */
export type Content = Uint8Array | Flow;

/** One reader's place in a flow. */
export interface FlowReader {
  /** Bytes that have come and were not taken. */
  readonly available: number;
  /** The next bytes, at most `maxBytes` and seldom as many; a view, empty when nothing has come. */
  take(maxBytes: number): Uint8Array;
  /** This reader wants no more. When it was the last one, the rest is not wanted. Idempotent. */
  stop(): void;
}

/**
 * Content that is handed on while it still comes: whoever reads it gets everything from the beginning, whenever that begins.
 * What has come is never moved, and memory follows what really came (at most twice that), however long it is said to be and
 * however small the parts.
 */
export class Flow {
  /** What it will have, where that is known; it ends with neither more nor less. */
  readonly size: number | undefined;
  readonly #stopped: (() => void) | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #blocks: Uint8Array[] = [];
  /** The last block while it has room, and how much of it is used. */
  #open: Buffer | undefined;
  #used = 0;
  #arrived = 0;
  #readers = 0;
  #end: 'whole' | AgentError | undefined;

  /** @param stopped called when nobody wants the rest */
  constructor(size?: number, stopped?: () => void) {
    this.size = size;
    this.#stopped = stopped;
  }

  /** Content that is there already; it is not copied. */
  static of(bytes: Uint8Array): Flow {
    const flow = new Flow(bytes.length);
    flow.#blocks.push(bytes);
    flow.#arrived = bytes.length;
    flow.#end = 'whole';
    return flow;
  }

  /** What it will have, as far as that is known: at least what has come. */
  get length(): number {
    return this.size ?? this.#arrived;
  }

  /** Bytes that have come. */
  get arrived(): number {
    return this.#arrived;
  }

  get isWhole(): boolean {
    return this.#end === 'whole';
  }

  /** Why the rest will not come. */
  get failure(): AgentError | undefined {
    return this.#end === 'whole' ? undefined : this.#end;
  }

  /** Somebody wants it. */
  get isRead(): boolean {
    return this.#readers > 0;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /**
   * More of it. What comes after the end is dropped.
   * @param isOurs memory that nobody else writes to: it is kept as it is, unless much else would be kept with it
   */
  add(part: Uint8Array, isOurs = false): void {
    if (this.#end !== undefined || part.length === 0) return;
    if (this.#arrived + part.length > (this.size ?? Number.POSITIVE_INFINITY)) {
      return this.fail(new AgentError('failed', `content of more than ${this.size} bytes`));
    }
    const isKept = isOurs && part.length >= LEAST_KEPT_BYTES && 2 * part.length >= part.buffer.byteLength;
    if (isKept) this.#keep(part);
    else this.#copy(part);
    this.#arrived += part.length;
    this.#tell();
  }

  /** Nothing more comes. One that has not become what was announced has failed. */
  finish(): void {
    const { size, arrived } = this;
    const isWrong = size !== undefined && size !== arrived;
    this.#finish(isWrong ? new AgentError('failed', `content of ${arrived} bytes instead of ${size}`) : 'whole');
  }

  /** The rest does not come, and what came is worth nothing. */
  fail(reason: AgentError): void {
    this.#finish(reason);
  }

  /** Nobody wants the rest. */
  stop(): void {
    if (this.#end !== undefined) return;
    this.fail(new AgentError('cancelled', 'nobody wants the rest'));
    this.#stopped?.();
  }

  /** Calls back when more has come, and at the end. */
  onNews(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  read(): FlowReader {
    let index = 0;
    let offset = 0;
    let taken = 0;
    let isReading = true;
    this.#readers++;
    const available = () => this.#arrived - taken;
    const take = (maxBytes: number): Uint8Array => {
      let block = this.#blocks[index];
      if (block !== undefined && block !== this.#open && offset === block.length) {
        block = this.#blocks[++index];
        offset = 0;
      }
      if (block === undefined) return NOTHING;
      const filled = block === this.#open ? this.#used : block.length;
      const part = block.subarray(offset, Math.min(filled, offset + maxBytes));
      offset += part.length;
      taken += part.length;
      return part;
    };
    return {
      get available() {
        return available();
      },
      take,
      stop: () => {
        if (isReading && --this.#readers === 0) this.stop();
        isReading = false;
      },
    };
  }

  /** What has come, in order; not to be asked for more while it grows. */
  get blocks(): readonly Uint8Array[] {
    return this.#blocks;
  }

  /**
   * Waits for the end.
   * @returns its parts in order
   * @throws {AgentError} why it has failed
   */
  async parts(): Promise<readonly Uint8Array[]> {
    this.#readers++;
    await new Promise<void>((resolve) => {
      if (this.#end !== undefined) return resolve();
      this.onNews(() => {
        if (this.#end !== undefined) resolve();
      });
    });
    if (this.#end !== 'whole') throw this.#end;
    return this.#blocks;
  }

  #keep(part: Uint8Array): void {
    this.#seal();
    this.#blocks.push(part);
  }

  #copy(part: Uint8Array): void {
    for (let at = 0; at < part.length; ) {
      this.#open ??= this.#newBlock(part.length - at, this.#arrived + at);
      const piece = part.subarray(at, at + this.#open.length - this.#used);
      this.#open.set(piece, this.#used);
      this.#used += piece.length;
      at += piece.length;
      if (this.#used === this.#open.length) this.#open = undefined;
    }
  }

  #newBlock(atLeast: number, arrived: number): Buffer {
    const expected = this.size === undefined ? BLOCK_BYTES : this.size - arrived;
    const block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, Math.max(expected, atLeast)));
    this.#used = 0;
    this.#blocks.push(block);
    return block;
  }

  /** The last block will not grow any more. */
  #seal(): void {
    if (this.#open === undefined) return;
    const filled = this.#open.subarray(0, this.#used);
    this.#blocks[this.#blocks.length - 1] = 2 * this.#used < this.#open.length ? Buffer.from(filled) : filled;
    this.#open = undefined;
  }

  #finish(end: 'whole' | AgentError): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#seal();
    this.#tell();
    this.#listeners.clear();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const NOTHING = new Uint8Array();

/** The parts of content that is whole. */
export function partsOf(content: Content): readonly Uint8Array[] {
  return content instanceof Flow ? content.blocks : [content];
}

/**
 * All of `content` as one piece.
 * @throws {AgentError} why the rest did not come
 */
export async function wholeOf(content: Content): Promise<Buffer> {
  const parts = content instanceof Flow ? await content.parts() : [content];
  const [first = NOTHING] = parts;
  return parts.length > 1 ? Buffer.concat(parts) : Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}
