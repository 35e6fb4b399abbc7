import type { EncodableObject } from '../framing.ts';
import type { Envelope } from '../message.ts';

/** Calls `run` once after `delayMs`, unless it is disposed of before. The peer has no clock of its own. */
export type After = (delayMs: number, run: () => void) => Disposable;

/** What the other side did that has no effect; never reset. */
export interface Counters {
  /** Kinds and members of another release. */
  unknown: number;
  /** Messages whose name nobody hears here. */
  unheard: number;
  /** Well-formed, and impossible now (S9). */
  illegal: number;
  /** Notifications of ours that a full queue swallowed. */
  dropped: number;
}

/** What the parts of a peer need of it. */
export interface Wire {
  readonly after: After;
  readonly counters: Counters;
  /** False while the other side is slow to read: content waits, messages still go. */
  readonly hasRoom: boolean;
  send(envelope: Envelope<EncodableObject>): void;
  /** A chunk of a stream, which is needed during the call only. */
  sendChunk(id: number, chunk: Uint8Array): void;
}

/** Ids that one side gives to what it starts: 0, 1, 2 … and from the front again, without those in use. */
export class Ids {
  #next = 0;

  take(isUsed: (id: number) => boolean): number {
    while (isUsed(this.#next)) this.#advance();
    const id = this.#next;
    this.#advance();
    return id;
  }

  /** Was it given before? An answer to it may then have been on its way when we lost interest. */
  hasGiven(id: number): boolean {
    return id < this.#next;
  }

  #advance(): void {
    this.#next = (this.#next + 1) >>> 0;
  }
}
