import { AgentError } from '#shared/errors.ts';

/**
 * Flow control of streams on the session link (D8): content larger than a frame goes in chunks, and only as fast as its
 * receiver takes it, so that neither side holds more than a window of it and messages pass between the chunks.
 *
 *     sender      stream-data*  then exactly one of  stream-end, stream-abort
 *     receiver    stream-credit*                     stream-stop at most once, at any time
 *
 * Nothing flows before the first credit: who wants nothing gets nothing. The sender's last frame frees the id, also
 * after `stream-stop`; until it comes, chunks that were on their way are dropped. Both machines only decide; time limits
 * are their owner's.
 */
export const STREAM_CHUNK_BYTES = 64 * 1024;

/** Eight chunks on their way keep the link busy while credit travels back. */
export const STREAM_WINDOW_BYTES = 8 * STREAM_CHUNK_BYTES;

/** Most credit a sender lets itself be given: beyond it the receiver has lost count. */
export const MAX_CREDIT_BYTES = 16 * 1024 * 1024;

export class StreamSender {
  #credit = 0;
  #isOpen = true;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * How many of `available` bytes to send now as one chunk; 0: wait for credit. They count as sent.
   */
  nextChunk(available: number): number {
    if (!this.#isOpen) return 0;
    const bytes = Math.min(available, this.#credit, STREAM_CHUNK_BYTES);
    this.#credit -= bytes;
    return bytes;
  }

  /**
   * `stream-credit` came. After the end it may have been on its way, and means nothing.
   * @throws {AgentError} 'malformed' if no receiver counts like this.
   */
  credited(bytes: number): void {
    if (!this.#isOpen) return;
    if (bytes === 0 || this.#credit + bytes > MAX_CREDIT_BYTES) {
      throw new AgentError('malformed', `stream credit of ${bytes} bytes on top of ${this.#credit}`);
    }
    this.#credit += bytes;
  }

  /** We have sent everything or give up. @returns false if the stream had ended already and nothing is to be sent. */
  end(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    return wasOpen;
  }

  /** `stream-stop` came. @returns true if `stream-abort` is to be sent; false if our end is already on its way. */
  stopped(): boolean {
    return this.end();
  }
}

export interface StreamReceiverOptions {
  /** Most bytes the whole stream may bring. */
  readonly maxBytes: number;
  /** Most bytes that wait here unconsumed. */
  readonly windowBytes?: number;
}

/** - `open`: chunks are wanted · `stopping`: we said `stream-stop` · `ended`: the sender's last frame came */
export type ReceiverState = 'open' | 'stopping' | 'ended';

export class StreamReceiver {
  readonly #maxBytes: number;
  readonly #windowBytes: number;
  /** Bytes the sender may still send. */
  #credit = 0;
  /** Bytes consumed, or never granted yet, for which no credit has been given. */
  #owed: number;
  #total = 0;
  #state: ReceiverState = 'open';

  constructor({ maxBytes, windowBytes = STREAM_WINDOW_BYTES }: StreamReceiverOptions) {
    this.#maxBytes = maxBytes;
    this.#windowBytes = windowBytes;
    this.#owed = windowBytes;
  }

  get state(): ReceiverState {
    return this.#state;
  }

  /** Bytes received in all. */
  get total(): number {
    return this.#total;
  }

  /**
   * A chunk of `bytes` came.
   * - `keep`: hand it on, and say so with `consumed`
   * - `drop`: it was on its way when we stopped
   * - `too-large`: drop it, and `stop`
   * @throws {AgentError} 'malformed': the sender broke the rules; drop the connection.
   */
  received(bytes: number): 'keep' | 'drop' | 'too-large' {
    if (this.#state === 'ended') throw new AgentError('malformed', 'stream data after the end');
    if (bytes === 0 || bytes > STREAM_CHUNK_BYTES || bytes > this.#credit) {
      throw new AgentError('malformed', `stream chunk of ${bytes} bytes with credit for ${this.#credit}`);
    }
    this.#credit -= bytes;
    if (this.#state === 'stopping') return 'drop';
    this.#total += bytes;
    return this.#total > this.#maxBytes ? 'too-large' : 'keep';
  }

  /** So many bytes received no longer wait here. */
  consumed(bytes: number): void {
    this.#owed += bytes;
  }

  /** Credit to send now, 0 for none: half a window at a time, so that small chunks do not cost a frame each. */
  nextCredit(): number {
    if (this.#state !== 'open' || this.#owed * 2 < this.#windowBytes) return 0;
    const bytes = this.#owed;
    this.#owed = 0;
    this.#credit += bytes;
    return bytes;
  }

  /** We want no more. @returns true if `stream-stop` is to be sent. */
  stop(): boolean {
    if (this.#state !== 'open') return false;
    this.#state = 'stopping';
    return true;
  }

  /**
   * `stream-end` or `stream-abort` came.
   * @throws {AgentError} 'malformed' the second time.
   */
  ended(): void {
    if (this.#state === 'ended') throw new AgentError('malformed', 'stream that ends twice');
    this.#state = 'ended';
  }
}
