import { closeSync } from 'node:fs';
import { errnoOf } from '#shared/errors.ts';
import { readAvailable, setMark, writeAvailable } from '#shared/native/descriptor.ts';
import { type Readiness, type ReadinessWatch, watchReadiness } from '#shared/native/readiness.ts';

const READ_SIZE = 64 * 1024;
const WRITE_SIZE = 1024 * 1024;
/** Calls in one turn of the loop, after which other channels have theirs: a host can be faster than we are. */
const READS_PER_TURN = 64;
const WRITES_PER_TURN = 16;
/** A caller that ignores `write`'s answer must not take the machine's memory; the longest reply is far below. */
export const MAX_QUEUED = 256 * 1024 * 1024;
/** For a peer that has stopped sending and does not read its answer either. */
const FINISH_MS = 30_000;
/** The kernel learns of a host from a work queue, and of its bytes from an interrupt: far longer than that queue takes. */
const EARLY_MS = 1000;

const NOTHING = new Uint8Array();

export interface StreamEvents {
  /** Somebody is at the other end, as far as the descriptor can tell. May be repeated. */
  present(): void;
  /** `bytes` are valid during the call only. */
  data(bytes: Uint8Array): void;
  /** The queue is empty again after `write` returned false. */
  drained(): void;
  /**
   * All that was sent has been read and no more comes for now. `gone`: the peer does not read either, or `finish` has
   * sent all. May be repeated, first with false and then with true.
   */
  ended(gone: boolean): void;
  /** The peer of a socket has closed it and reads no more, though what it has sent may still be unread. Also while paused. */
  hungUp?(): void;
  /** The descriptor is of no use any more. */
  failed(error: unknown): void;
}

export interface StreamOptions {
  readonly paused: boolean;
  /**
   * A device is one pipe for all hosts that come and go: it reports their presence, and what a host that has gone left
   * unread must not reach the next one. A socket is a pipe of its own.
   */
  readonly device: boolean;
  /** Bytes that wait beyond which `write` returns false. */
  readonly highWater: number;
  /** Most reads in one turn of the loop, where reading is more work than it is for the peer to write. */
  readonly readsPerTurn?: number;
  /**
   * For an open file that outlives this process: nothing is half said in either direction. Until that is true again, and
   * all is sent, the file bears a mark (`hasMark`) from before the first byte is read or written.
   */
  readonly isAtRest?: () => boolean;
}

/** Bytes both ways over one non-blocking descriptor, which it owns. Events come from turns of the loop, never from calls. */
export class ByteStream {
  readonly #fd: number;
  readonly #events: StreamEvents;
  readonly #device: boolean;
  readonly #highWater: number;
  readonly #readsPerTurn: number;
  readonly #isAtRest: (() => boolean) | undefined;
  readonly #watch: ReadinessWatch;
  readonly #buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  #queue: Uint8Array[] = [];
  #queued = 0;
  #isFull = false;
  #isBlocked = false;
  #isPaused: boolean;
  #mayHaveData = false;
  #isHungUp = false;
  /** Of a device. `early`: its bytes came ahead of the news that it is there, so the line is still hung up. */
  #host: 'gone' | 'early' | 'here' = 'gone';
  #early: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isMarked = false;
  #isInTurn = false;
  #writeError: unknown;
  #finish: NodeJS.Timeout | undefined;
  #nextTurn: NodeJS.Immediate | undefined;

  /** @throws {Error} errno error when `fd` cannot be watched; it is closed then. */
  constructor(fd: number, events: StreamEvents, options: StreamOptions) {
    this.#fd = fd;
    this.#events = events;
    this.#isPaused = options.paused;
    this.#device = options.device;
    this.#highWater = options.highWater;
    this.#readsPerTurn = options.readsPerTurn ?? READS_PER_TURN;
    this.#isAtRest = options.isAtRest;
    try {
      // A device is always watched for writing: a host that connects clears HUP and makes it writable, nothing else.
      this.#watch = watchReadiness(fd, (readiness) => this.#onReadiness(readiness), { writable: options.device });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /**
   * @param lent follows `bytes`, and is needed during the call only: what the peer does not take at once is copied
   * @returns false when more than `highWater` bytes wait, or any where some were lent. Beyond MAX_QUEUED the whole is
   *   dropped.
   */
  write(bytes: Uint8Array, lent: Uint8Array = NOTHING): boolean {
    const length = bytes.length + lent.length;
    if (this.#isClosed || this.#writeError !== undefined || length === 0) return true;
    if (this.#queued > 0 && this.#queued + length > MAX_QUEUED) return false;
    const isFirst = this.#queue.length === 0;
    for (const part of [bytes, lent]) if (part.length > 0) this.#queue.push(part);
    this.#queued += length;
    if (!this.#isBlocked && isFirst) this.#flush();
    if (lent.length > 0 && this.#queued > 0) {
      const rest = this.#queue.pop();
      if (rest !== undefined) this.#queue.push(Uint8Array.from(rest));
    }
    this.#isFull ||= this.#queued > (lent.length > 0 ? 0 : this.#highWater);
    // Whoever writes is in the middle of something: whether it is said to the end shows in the next turn.
    if (this.#isMarked && !this.#isInTurn) this.#schedule();
    return !this.#isFull;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#mayHaveData) this.#schedule();
  }

  /** Forgets what waits to be sent. */
  drop(): void {
    this.#queue = [];
    this.#queued = 0;
    this.#isFull = false;
  }

  /** Reports `ended(true)` when all is sent, or when the peer has not read it for FINISH_MS. */
  finish(): void {
    if (this.#isClosed || this.#finish !== undefined) return;
    this.#finish = setTimeout(() => this.#events.ended(true), FINISH_MS);
    this.#schedule();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#rest();
    this.#isClosed = true;
    this.drop();
    clearTimeout(this.#finish);
    clearTimeout(this.#early);
    clearImmediate(this.#nextTurn);
    this.#watch.close();
    closeSync(this.#fd);
  }

  #onReadiness({ readable, writable, hangup, error }: Readiness): void {
    this.#isHungUp = hangup;
    if (readable || hangup || error) this.#mayHaveData = true;
    if (writable) this.#isBlocked = false;
    if (hangup && !this.#device) this.#events.hungUp?.();
    if (!hangup) {
      this.#host = 'here';
      clearTimeout(this.#early);
      this.#events.present();
    }
    this.#turn();
  }

  /** If no news of the host follows its bytes, it has come and gone before we looked. */
  #greetEarly(): void {
    if (this.#host === 'here') this.#events.ended(true);
    if (this.#isClosed) return;
    this.#host = 'early';
    this.#early = setTimeout(() => {
      this.#host = 'here';
      this.#mayHaveData = true;
      this.#turn();
    }, EARLY_MS);
    this.#events.present();
  }

  #schedule(): void {
    this.#nextTurn ??= setImmediate(() => this.#turn());
  }

  #turn(): void {
    clearImmediate(this.#nextTurn);
    this.#nextTurn = undefined;
    if (this.#isClosed) return;
    this.#isInTurn = true;
    try {
      this.#work();
    } finally {
      this.#isInTurn = false;
    }
    this.#rest();
  }

  #work(): void {
    if (!this.#isBlocked) this.#flush();
    if (this.#isFull && this.#queued === 0) {
      this.#isFull = false;
      this.#events.drained();
    }
    if (this.#mayHaveData) this.#drain();
    if (this.#isClosed) return;
    // A broken pipe shows at the reading side too, after what can still be read.
    if (this.#writeError !== undefined && errnoOf(this.#writeError) !== 'EPIPE') this.#events.failed(this.#writeError);
    else if (this.#finish !== undefined && this.#queued === 0) this.#events.ended(true);
  }

  /** Before the first byte that may leave something half said. */
  #stir(): void {
    if (this.#isAtRest === undefined || this.#isMarked) return;
    this.#isMarked = true;
    setMark(this.#fd, true);
  }

  #rest(): void {
    if (this.#isClosed || !this.#isMarked || this.#queued > 0 || !this.#isAtRest?.()) return;
    this.#isMarked = false;
    setMark(this.#fd, false);
  }

  #flush(): void {
    try {
      if (this.#queue.length > 0) this.#stir();
      for (let writes = 0; writes < WRITES_PER_TURN; writes++) {
        const [first] = this.#queue;
        if (first === undefined) return;
        const count = writeAvailable(this.#fd, first.subarray(0, WRITE_SIZE));
        if (count === 0) return this.#block();
        this.#queued -= count;
        if (count === first.length) this.#queue.shift();
        else this.#queue[0] = first.subarray(count);
      }
      if (this.#queued > 0) this.#schedule();
    } catch (error) {
      this.#writeError = error;
      // Still "full" if it was: the next turn tells that it drained, or whoever waits for that never reads the end.
      this.#queue = [];
      this.#queued = 0;
      this.#schedule();
    }
  }

  #block(): void {
    this.#isBlocked = true;
    if (!this.#device) this.#watch.reportWritable(true);
  }

  #drain(): void {
    const discards = this.#device && this.#isHungUp && this.#host === 'here';
    for (let reads = 0; reads < this.#readsPerTurn; reads++) {
      if (this.#isClosed || (this.#isPaused && !discards)) return;
      let count: number | undefined;
      try {
        this.#stir();
        count = readAvailable(this.#fd, this.#buffer);
      } catch (error) {
        this.#mayHaveData = false;
        // A unix socket's peer has closed without reading all of ours: the end, like any other.
        if (errnoOf(error) === 'ECONNRESET') return this.#events.ended(true);
        return this.#events.failed(error);
      }
      if (!count) {
        this.#mayHaveData = false;
        if (count === 0) this.#end();
        return;
      }
      if (this.#isOfNextHost()) this.#greetEarly();
      const bytes = this.#buffer.subarray(0, count);
      if (!this.#isPaused && !this.#isClosed) this.#events.data(bytes);
      bytes.fill(0); // a password may have been in it (S12)
    }
    this.#schedule();
  }

  /**
   * Whether bytes of a line that is hung up are the next host's. One that comes back at once can have its bytes read
   * before the news of it; with nothing left half said by the last one, they are taken for the next one's.
   */
  #isOfNextHost(): boolean {
    if (!this.#device || !this.#isHungUp || this.#isPaused) return false;
    return this.#host === 'gone' || (this.#host === 'here' && this.#queued === 0 && this.#isAtRest?.() === true);
  }

  #end(): void {
    if (this.#host === 'early') return;
    if (this.#isHungUp) this.#host = 'gone';
    this.#events.ended(this.#isHungUp);
  }
}
