import { AgentError } from '#shared/errors.ts';
import { StreamSender } from '../flow.ts';
import { MAX_STREAMS } from './incoming-streams.ts';
import { Ids, type Wire } from './wire.ts';

/** A stream that nobody takes anything of for so long is given up. */
export const STREAM_IDLE_MS = 30_000;

interface Outgoing {
  readonly flow: StreamSender;
  /** What has not been sent. */
  rest: Uint8Array;
  /** Somebody wants it: the end may be said. */
  isTaken: boolean;
  idle: Disposable;
  readonly forget: () => void;
}

/** Content that the other side may take. */
export class OutgoingStreams {
  readonly #wire: Wire;
  readonly #ids = new Ids();
  readonly #streams = new Map<number, Outgoing>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** @throws {AgentError} 'refused' when too many are offered already */
  offer(content: Uint8Array, signal?: AbortSignal): number {
    if (this.#streams.size >= MAX_STREAMS) throw new AgentError('refused', `${MAX_STREAMS} streams are open already`);
    const id = this.#ids.take((one) => this.#streams.has(one));
    const giveUp = () => this.#giveUp(id);
    signal?.addEventListener('abort', giveUp);
    this.#streams.set(id, {
      flow: new StreamSender(),
      rest: content,
      isTaken: false,
      idle: this.#wire.after(STREAM_IDLE_MS, giveUp),
      forget: () => signal?.removeEventListener('abort', giveUp),
    });
    return id;
  }

  /** @throws {AgentError} 'malformed' */
  credited(id: number, bytes: number): void {
    const stream = this.#find(id);
    if (stream === undefined) return;
    stream.flow.credited(bytes);
    stream.isTaken = true;
    this.#restartIdle(id, stream);
    this.pump();
  }

  stopped(id: number): void {
    if (this.#find(id) !== undefined) this.#giveUp(id);
  }

  /** Sends what credit and queue allow, one chunk of each stream after the other. */
  pump(): void {
    for (let moved = true; moved; ) {
      moved = false;
      for (const [id, stream] of this.#streams) {
        if (!this.#wire.hasRoom) return;
        if (this.#sendSome(id, stream)) moved = true;
      }
    }
  }

  close(): void {
    for (const id of this.#streams.keys()) this.#remove(id);
  }

  #sendSome(id: number, stream: Outgoing): boolean {
    const bytes = stream.flow.nextChunk(stream.rest.length);
    if (bytes > 0) {
      this.#wire.send({ kind: 'stream-data', id, body: stream.rest.subarray(0, bytes) });
      stream.rest = stream.rest.subarray(bytes);
      this.#restartIdle(id, stream);
    }
    if (stream.rest.length === 0 && stream.isTaken) {
      this.#wire.send({ kind: 'stream-end', id });
      this.#remove(id);
    }
    return bytes > 0;
  }

  /** Credit and `stream-stop` may have been on their way when a stream of ours ended. */
  #find(id: number): Outgoing | undefined {
    const stream = this.#streams.get(id);
    if (stream === undefined && !this.#ids.hasGiven(id)) this.#wire.counters.illegal++;
    return stream;
  }

  #giveUp(id: number): void {
    this.#wire.send({ kind: 'stream-abort', id });
    this.#remove(id);
  }

  #restartIdle(id: number, stream: Outgoing): void {
    stream.idle[Symbol.dispose]();
    stream.idle = this.#wire.after(STREAM_IDLE_MS, () => this.#giveUp(id));
  }

  #remove(id: number): void {
    const stream = this.#streams.get(id);
    stream?.idle[Symbol.dispose]();
    stream?.forget();
    this.#streams.delete(id);
  }
}
