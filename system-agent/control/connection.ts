import { LineReader } from '#protocol/control/lines.ts';
import { type Ask, formatAnswer, formatRefusal, MAX_REQUEST_BYTES, parseRequest } from '#protocol/control/message.ts';
import { AgentError } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import { ByteStream } from '#shared/socket/byte-stream.ts';

/** A client that has not asked by then, or not read its answer, is none. */
export const CLIENT_DEADLINE_MS = 5_000;
/** A watcher hears of a change no sooner, and of several at once. */
export const WATCH_INTERVAL_MS = 500;
/** One answer is below; what waits beyond it is waited for. */
const HIGH_WATER = 1;

export interface Client {
  /** The status as it is now, for this client. */
  status(): string;
  /** It is over, and closed. Called once, never from within a call of ours. */
  ended(): void;
}

/** One local process that asks how the agent is: one question, and its answers. */
export class ControlConnection {
  readonly #stream: ByteStream;
  readonly #client: Client;
  readonly #lines = new LineReader(MAX_REQUEST_BYTES);
  #deadline: Disposable | undefined;
  #interval: NodeJS.Timeout | undefined;
  #hasAsked = false;
  #told = '';
  #isWaiting = false;
  #isClosed = false;

  /**
   * Takes `fd` over.
   * @throws {Error} errno error when it cannot be watched; it is closed then
   */
  constructor(fd: number, client: Client) {
    this.#client = client;
    const events = {
      present: () => {},
      data: (bytes: Uint8Array) => this.#receive(bytes),
      drained: () => this.#drained(),
      ended: (gone: boolean) => this.#onEnd(gone),
      failed: () => this.#end(),
    };
    this.#stream = new ByteStream(fd, events, { paused: false, device: false, highWater: HIGH_WATER, readsPerTurn: 1 });
    this.#expect();
  }

  /** No event follows. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deadline?.[Symbol.dispose]();
    clearInterval(this.#interval);
    this.#stream.close();
  }

  #expect(): void {
    this.#deadline?.[Symbol.dispose]();
    this.#deadline = after(CLIENT_DEADLINE_MS, () => this.#end());
  }

  #receive(bytes: Uint8Array): void {
    // A second question is a mistake of the client's, and nothing that we hold.
    if (this.#hasAsked) return this.#end();
    try {
      const [line] = this.#lines.push(bytes);
      if (line === undefined) return;
      this.#hasAsked = true;
      this.#begin(parseRequest(line));
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      this.#hasAsked = true;
      this.#write(formatRefusal(error.message));
      this.#stream.finish();
    }
  }

  #begin(ask: Ask): void {
    this.#tell();
    if (ask === 'status') this.#stream.finish();
    else this.#interval = setInterval(() => this.#tell(), WATCH_INTERVAL_MS);
  }

  /** While the last answer is not read nothing is made: the next one tells what has become of it all. */
  #tell(): void {
    if (this.#isWaiting) return;
    const status = this.#client.status();
    if (status === this.#told) return;
    this.#told = status;
    this.#write(formatAnswer(performance.now(), status));
  }

  #write(line: string): void {
    this.#isWaiting = !this.#stream.write(Buffer.from(line));
    if (this.#isWaiting) this.#expect();
    else this.#deadline?.[Symbol.dispose]();
  }

  #drained(): void {
    this.#isWaiting = false;
    this.#deadline?.[Symbol.dispose]();
  }

  /** A client may send its question and close that half; one that watches is gone when it has closed both. */
  #onEnd(gone: boolean): void {
    if (gone || !this.#hasAsked) this.#end();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.close();
    this.#client.ended();
  }
}
