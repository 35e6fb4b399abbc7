import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';

/** A listening socket for one client. What it says waits until it is read. */
export class OneSocket implements Disposable {
  socket: Socket | undefined;
  readonly #server;

  constructor(file: string) {
    this.#server = createServer((socket) => {
      this.socket = socket;
      socket.on('error', () => {});
    }).listen(file);
  }

  join(other: OneSocket): void {
    assert.ok(this.socket && other.socket);
    this.socket.pipe(other.socket).pipe(this.socket);
  }

  [Symbol.dispose](): void {
    this.socket?.destroy();
    this.#server.close();
  }
}
