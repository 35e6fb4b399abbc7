import { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';
import { BlockList, type Place } from './block-list.ts';

/** Bytes that are all there, or still come. */
export type Content = Uint8Array | Flow;

/** One reader's place in a flow. */
export interface FlowReader {
  /** Bytes that have come and were not taken. */
  readonly available: number;
  /** The next bytes, at most `maxBytes` and seldom as many; a view, empty when nothing has come. */
  take(maxBytes: number): Uint8Array;
  /** Nobody looks any more at what was taken: its memory may serve again. Need not be called. */
  release(): void;
  /** This reader wants no more. When it was the last one, the rest is not wanted. Idempotent. */
  stop(): void;
}

/**
 * Content that is handed on while it still comes: whoever reads it gets everything from the beginning, whenever that begins.
 * What has come is never moved, and memory follows what really came (at most twice that), however long it is said to be and
 * however small the parts. Once it is known who reads (`closeToReaders`), what all of them have released is forgotten.
 */
export class Flow {
  /** What it will have, where that is known; it ends with neither more nor less. */
  readonly size: number | undefined;
  readonly #stopped: (() => void) | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #blocks = new BlockList();
  #arrived = 0;
  readonly #readers = new Set<Place>();
  #isClosedToReaders = false;
  #end: 'whole' | AgentError | undefined;

  /** @param stopped called when nobody wants the rest */
  constructor(size?: number, stopped?: () => void) {
    this.size = size;
    this.#stopped = stopped;
  }

  /** Content that is there already; it is not copied. */
  static of(bytes: Uint8Array): Flow {
    const flow = new Flow(bytes.length);
    flow.#blocks.put(bytes);
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
    const expected = this.size === undefined ? Number.POSITIVE_INFINITY : this.size - this.#arrived;
    if (isOurs) this.#blocks.keep(part, expected);
    else this.#blocks.copy(part, expected);
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

  /** @throws {Error} after `closeToReaders` */
  read(): FlowReader {
    const place = this.#join();
    const arrived = () => this.#arrived;
    return {
      get available() {
        return arrived() - place.taken;
      },
      take: (maxBytes) => this.#blocks.take(place, maxBytes),
      release: () => {
        this.#blocks.release(place);
        this.#forget();
      },
      stop: () => {
        this.#blocks.lose(place);
        this.#leave(place);
      },
    };
  }

  /** Whoever is to read it does so by now: where nobody does, the rest is not wanted. */
  closeToReaders(): void {
    this.#isClosedToReaders = true;
    if (this.#readers.size === 0) this.stop();
    else this.#forget();
  }

  /** What has come, in order; not to be asked for while it grows, nor after `closeToReaders`. */
  get parts(): readonly Uint8Array[] {
    this.#assertOpenToReaders();
    return this.#blocks.parts;
  }

  /**
   * Waits for the end.
   * @throws {AgentError} why it has failed
   */
  async ended(): Promise<void> {
    const place = this.#join();
    await this.#untilEnd();
    this.#readers.delete(place);
    if (this.#end !== 'whole') throw this.#end;
  }

  /**
   * All of it as one piece.
   * @throws {AgentError} why the rest did not come
   */
  async whole(): Promise<Buffer> {
    const place = this.#join();
    await this.#untilEnd();
    if (this.#end !== 'whole') throw this.#end;
    const { parts } = this.#blocks;
    const [only = NOTHING] = parts;
    if (parts.length > 1) {
      const whole = Buffer.concat(parts);
      this.#leave(place);
      return whole;
    }
    this.#blocks.lose(place);
    this.#leave(place);
    return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  }

  #assertOpenToReaders(): void {
    if (this.#isClosedToReaders) throw new Error('a flow is read whose beginning may be forgotten');
  }

  #join(): Place {
    this.#assertOpenToReaders();
    const place = BlockList.begin();
    this.#readers.add(place);
    return place;
  }

  #leave(place: Place): void {
    if (!this.#readers.delete(place)) return;
    if (this.#readers.size === 0) this.stop();
    this.#forget();
  }

  #untilEnd(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#end !== undefined) return resolve();
      this.onNews(() => {
        if (this.#end !== undefined) resolve();
      });
    });
  }

  #forget(): void {
    if (this.#isClosedToReaders) this.#blocks.forget(this.#readers);
  }

  #finish(end: 'whole' | AgentError): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#blocks.seal();
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
  return content instanceof Flow ? content.parts : [content];
}

/**
 * All of `content` as one piece.
 * @throws {AgentError} why the rest did not come
 */
export async function wholeOf(content: Content): Promise<Buffer> {
  if (content instanceof Flow) return content.whole();
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}
