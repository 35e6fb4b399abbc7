import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '#shared/errors.ts';

/** Longest wait for an agent that should have answered. */
const TIMEOUT_MS = 60_000;
const CONNECT_ATTEMPTS = 200;
/** Of an agent that has bound its socket and does not listen yet, or that has not come to those who wait already. */
const NOT_YET = ['ECONNREFUSED', 'EAGAIN'];

/** A client that knows no protocol: bytes out, bytes in. */
export class RawClient implements Disposable {
  readonly #socket: Socket;
  /** Joined when they are looked at: an answer can come in hundreds. */
  #chunks: Buffer[] = [];
  #newlines = 0;
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#newlines += newlines(chunk);
      this.#wake();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async connect(path: string): Promise<RawClient> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await RawClient.#connectOnce(path);
      } catch (error) {
        if (!NOT_YET.includes(errnoOf(error) ?? '') || attempt === CONNECT_ATTEMPTS) throw error;
        await sleep(10);
      }
    }
  }

  static #connectOnce(path: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ path, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  /** Says that no more will come, and still reads. */
  finish(): void {
    this.#socket.end();
  }

  /** Closes with unread data, so that the peer gets a reset. */
  reset(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Waits until the received bytes satisfy `test`, takes and returns all of them. */
  async receive(test: (received: Buffer) => boolean): Promise<Buffer> {
    await this.#until(() => test(this.#received()));
    return this.#take();
  }

  /** The next `count` lines with their newlines. */
  async lines(count: number): Promise<string[]> {
    await this.#until(() => this.#newlines >= count);
    return this.#take().toString('latin1').split('\n').slice(0, -1);
  }

  #received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(): Buffer {
    const received = this.#received();
    this.#chunks = [];
    this.#newlines = 0;
    return received;
  }

  async #until(test: () => boolean): Promise<void> {
    const end = Date.now() + TIMEOUT_MS;
    while (!test()) {
      if (this.#ended || Date.now() > end) {
        const seen = this.#received().subarray(0, 500).toString('latin1');
        throw new Error(`${this.#ended ? 'connection ended' : 'no answer in time'}; received: ${JSON.stringify(seen)}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Everything until the peer closes. */
  async rest(): Promise<Buffer> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#received();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

/** Sends bytes on a connection of their own, half-closes it and returns everything that comes back. */
export async function exchange(socket: string, bytes: Uint8Array | string): Promise<Buffer> {
  using client = await RawClient.connect(socket);
  client.send(bytes);
  client.finish();
  return Buffer.from(await client.rest());
}
