import type { Buffer } from 'node:buffer';
import { closeSync } from 'node:fs';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { type OwnedWatch, watchOwned } from '#shared/native/owned-watch.ts';
import { type ReadinessWatch, watchReadiness } from '#shared/native/readiness.ts';
import { MessageReceiver } from '#shared/native/receive-message.ts';
import { sendMessage } from '#shared/native/send-message.ts';

const READ_BYTES = 64 * 1024;
/** A compositor that has not taken so much hangs. */
const MAX_UNSENT_BYTES = 1024 * 1024;
const MAX_UNSENT_DESCRIPTORS = 64;
/** Descriptors may come before their messages, but not so many. */
const MAX_EARLY_DESCRIPTORS = 253;
const CLOSED = 'the compositor has closed the connection';

interface Unsent {
  readonly bytes: Buffer;
  readonly descriptor: number | undefined;
}

export interface SocketEvents {
  /** @param bytes valid during the call only. What it throws ends the connection. */
  onBytes(bytes: Buffer): void;
  /** Once. Not after `close`. */
  onLost(why: AgentError): void;
}

/**
 * Bytes and descriptors to and from a compositor, each in their order. Every descriptor that comes or goes is closed here,
 * whatever happens, except those that were taken.
 */
export class WaylandSocket {
  readonly #fd: number;
  readonly #receiver = new MessageReceiver(READ_BYTES);
  readonly #unsent: Unsent[] = [];
  #unsentBytes = 0;
  readonly #early: number[] = [];
  readonly #owned: OwnedWatch;
  #watch: ReadinessWatch | undefined;

  /** @param fd non-blocking; is taken over */
  constructor(
    fd: number,
    private readonly events: SocketEvents,
  ) {
    this.#fd = fd;
    this.#owned = watchOwned(fd, () => {
      this.#watch = watchReadiness(fd, ({ readable, writable }) => this.#ready(readable, writable), {
        writable: false,
      });
      return this.#watch;
    });
  }

  /** The next descriptors that came beside the bytes, which are the caller's; undefined when there are not so many. */
  takeDescriptors(count: number): readonly number[] | undefined {
    return count > this.#early.length ? undefined : this.#early.splice(0, count);
  }

  /** @param descriptor is taken over: it is closed as soon as it was sent, or cannot be */
  send(bytes: Buffer, descriptor?: number): void {
    if (!this.#owned.open) return closeIf(descriptor);
    this.#unsent.push({ bytes, descriptor });
    this.#unsentBytes += bytes.length;
    try {
      this.#flush();
    } catch (error) {
      this.#lose(new AgentError('failed', messageOf(error), { cause: error }));
    }
  }

  /** Idempotent. */
  close(): void {
    this.#owned.close();
    for (const fd of this.#early.splice(0)) closeSync(fd);
    for (const { descriptor } of this.#unsent.splice(0)) closeIf(descriptor);
  }

  #ready(readable: boolean, writable: boolean): void {
    try {
      if (writable) this.#flush();
      if (readable) this.#receive();
    } catch (error) {
      // It has gone while something of ours was on its way.
      const isReset = errnoOf(error) === 'ECONNRESET';
      const code = error instanceof AgentError ? error.code : 'failed';
      this.#lose(new AgentError(code, isReset ? CLOSED : messageOf(error), { cause: error }));
    }
  }

  #receive(): void {
    while (this.#owned.open) {
      const received = this.#receiver.receive(this.#fd);
      if (received === undefined) return;
      this.#early.push(...received.descriptors);
      if (received.bytes.length === 0) throw new AgentError('failed', CLOSED);
      this.events.onBytes(received.bytes);
      if (this.#early.length > MAX_EARLY_DESCRIPTORS) throw new AgentError('malformed', 'descriptors of no message');
    }
  }

  #flush(): void {
    for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
      const taken = this.#offer(next);
      if (taken === undefined) break;
      this.#unsentBytes -= taken;
      closeIf(next.descriptor);
      if (taken === next.bytes.length) this.#unsent.shift();
      else this.#unsent[0] = { bytes: next.bytes.subarray(taken), descriptor: undefined };
    }
    this.#watch?.reportWritable(this.#unsent.length > 0);
    const descriptors = this.#unsent.filter(({ descriptor }) => descriptor !== undefined).length;
    if (this.#unsentBytes <= MAX_UNSENT_BYTES && descriptors <= MAX_UNSENT_DESCRIPTORS) return;
    throw new AgentError('timeout', 'the compositor does not read');
  }

  /** @returns bytes that were taken, and with them the descriptor; undefined when there is no room */
  #offer({ bytes, descriptor }: Unsent): number | undefined {
    try {
      return sendMessage(this.#fd, bytes, descriptor === undefined ? {} : { descriptor });
    } catch (error) {
      if (errnoOf(error) === 'EAGAIN') return undefined;
      // It has closed the connection, and what it said last, which is why, still waits to be read.
      if (errnoOf(error) === 'EPIPE') return bytes.length;
      throw error;
    }
  }

  #lose(why: AgentError): void {
    if (!this.#owned.open) return;
    this.close();
    this.events.onLost(why);
  }
}

function closeIf(descriptor: number | undefined): void {
  if (descriptor !== undefined) closeSync(descriptor);
}
