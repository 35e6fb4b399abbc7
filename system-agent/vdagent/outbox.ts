import { encodeChunks, MAX_CHUNK_BYTES, type Port } from '#protocol/vdagent/chunk.ts';
import { encodeMessageStart } from '#protocol/vdagent/message.ts';
import type { Channel } from '../channels/channel.ts';

interface Outgoing {
  readonly port: Port;
  readonly type: number;
  /** Parts that follow each other. */
  readonly body: readonly Uint8Array[];
}

/** Bytes handed to the channel at once: whole chunks, the first of which also holds the message's header. */
const PIECE_BYTES = 32 * MAX_CHUNK_BYTES;
const HEADER_BYTES = 20;

/** Bodies that wait for a slow host. Beyond this, content is not sent at all. */
export const MAX_WAITING_BYTES = 128 * 1024 * 1024;
/** Messages that wait, beyond which the host is not read: it asks and asks and takes no answer. */
const MAX_WAITING_MESSAGES = 1024;

/**
 * Messages on their way to one host: each whole before the next one begins, and none further than the host reads.
 * The SPICE server removes an agent that splits a header or puts two messages into a chunk.
 */
export class Outbox {
  readonly #channel: Pick<Channel, 'write'>;
  /** Answers that must not wait for somebody's 20 MB image. */
  readonly #urgent: Outgoing[] = [];
  #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  /** The message that is going out, and what of its body has not gone. */
  #current: Outgoing | undefined;
  #rest: readonly Uint8Array[] = [];
  #isBlocked = false;

  constructor(channel: Pick<Channel, 'write'>) {
    this.#channel = channel;
  }

  /** No message is under way or waits. */
  get isIdle(): boolean {
    return this.#current === undefined && this.#urgent.length + this.#waiting.length === 0;
  }

  get isCrowded(): boolean {
    return this.#urgent.length + this.#waiting.length > MAX_WAITING_MESSAGES;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#waitingBytes + bytes <= MAX_WAITING_BYTES;
  }

  put(message: Outgoing): void {
    this.#waiting.push(message);
    this.#waitingBytes += lengthOf(message.body);
    this.#flush();
  }

  /** Ahead of what was `put` and has not begun. */
  putUrgent(message: Outgoing): void {
    this.#urgent.push(message);
    this.#flush();
  }

  /** Forgets what was `put` and has not begun: it was for a client that is gone. */
  forgetWaiting(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  drained(): void {
    this.#isBlocked = false;
    this.#flush();
  }

  #flush(): void {
    while (!this.#isBlocked) {
      const piece = this.#nextPiece();
      if (piece === undefined) return;
      this.#isBlocked = !this.#channel.write(piece);
    }
  }

  #nextPiece(): Uint8Array | undefined {
    if (this.#current === undefined) return this.#begin();
    return encodeChunks(this.#current.port, ...this.#take(PIECE_BYTES));
  }

  #begin(): Uint8Array | undefined {
    const next = this.#urgent.shift() ?? this.#nextWaiting();
    if (next === undefined) return undefined;
    this.#current = next;
    this.#rest = next.body;
    const { port, type, body } = next;
    return encodeMessageStart(port, type, lengthOf(body), ...this.#take(PIECE_BYTES - HEADER_BYTES));
  }

  #nextWaiting(): Outgoing | undefined {
    const next = this.#waiting.shift();
    this.#waitingBytes -= lengthOf(next?.body ?? []);
    return next;
  }

  /** The next bytes of the body, as parts. */
  #take(length: number): readonly Uint8Array[] {
    const taken: Uint8Array[] = [];
    let left = length;
    let done = 0;
    for (const part of this.#rest) {
      if (left === 0 && part.length > 0) break;
      const piece = part.subarray(0, left);
      taken.push(piece);
      left -= piece.length;
      if (piece.length < part.length) {
        this.#rest = [part.subarray(piece.length), ...this.#rest.slice(done + 1)];
        return taken;
      }
      done++;
    }
    this.#rest = this.#rest.slice(done);
    if (this.#rest.length === 0) this.#current = undefined;
    return taken;
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((length, part) => length + part.length, 0);
}
