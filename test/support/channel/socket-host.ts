import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import type { HostEnd } from './driver.ts';
import { checkPattern, pattern } from './pattern.ts';

const PIECE = 256 * 1024;

/** The host's end when it is a unix socket: a client of ours, of QEMU's chardev, or one that we accepted. */
export class SocketHost implements HostEnd {
  readonly #socket: Socket;
  #wake = () => {};

  /** @param socket paused, `allowHalfOpen` */
  constructor(socket: Socket) {
    this.#socket = socket;
    for (const event of ['readable', 'end', 'close', 'error']) socket.on(event, () => this.#wake());
  }

  static async connect(path: string): Promise<SocketHost> {
    const socket = createConnection({ path, allowHalfOpen: true });
    socket.pause();
    await once(socket, 'connect');
    return new SocketHost(socket);
  }

  async send(offset: number, length: number): Promise<void> {
    for (let sent = 0; sent < length; sent += PIECE) {
      const bytes = pattern(offset + sent, Math.min(PIECE, length - sent));
      await new Promise<void>((resolve, reject) => {
        this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    }
  }

  async receive(offset: number, length: number): Promise<void> {
    for (let received = 0; received < length; ) {
      const bytes = await this.#read(length - received);
      if (bytes === undefined) throw new Error(`the agent closed after ${received} of ${length} bytes`);
      checkPattern(bytes, offset + received);
      received += bytes.length;
    }
  }

  async closed(): Promise<void> {
    const bytes = await this.#read(1);
    if (bytes !== undefined) throw new Error('more bytes than expected');
  }

  async end(): Promise<void> {
    this.#socket.end();
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.destroy();
    await once(this.#socket, 'close');
  }

  /** Up to `most` bytes, undefined at the end. */
  async #read(most: number): Promise<Buffer | undefined> {
    for (;;) {
      const bytes: Buffer | null = this.#socket.read(Math.min(most, this.#socket.readableLength) || undefined);
      if (bytes !== null) return bytes;
      if (this.#socket.readableEnded || this.#socket.destroyed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
