import { type Content, Flow, type FlowReader } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { STREAM_CHUNK_BYTES, StreamSender } from '../flow.ts';
import { MAX_STREAMS } from './incoming-streams.ts';
import { Ids, type Wire } from './wire.ts';

/** A stream that nobody takes anything of for so long is given up. */
export const STREAM_IDLE_MS = 30_000;

interface Outgoing {
  readonly flow: StreamSender;
  readonly content: Flow;
  /** From what has not been sent. */
  readonly rest: FlowReader;
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
  offer(offered: Content, signal?: AbortSignal): number {
    if (this.#streams.size >= MAX_STREAMS) throw new AgentError('refused', `${MAX_STREAMS} streams are open already`);
    const content = offered instanceof Flow ? offered : Flow.of(offered);
    const id = this.#ids.take((one) => this.#streams.has(one));
    const giveUp = () => this.#giveUp(id);
    signal?.addEventListener('abort', giveUp);
    const rest = content.read();
    const news = content.onNews(() => {
      if (isDue(content, rest)) this.pump();
    });
    this.#streams.set(id, {
      flow: new StreamSender(),
      content,
      rest,
      isTaken: false,
      idle: this.#wire.after(STREAM_IDLE_MS, giveUp),
      forget: () => {
        signal?.removeEventListener('abort', giveUp);
        news[Symbol.dispose]();
      },
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
    const { content, flow, rest } = stream;
    if (content.failure !== undefined) {
      this.#giveUp(id);
      return false;
    }
    const bytes = isDue(content, rest) ? flow.nextChunk(rest.available) : 0;
    for (let left = bytes; left > 0; ) {
      const body = rest.take(left);
      left -= body.length;
      this.#wire.sendChunk(id, body);
      rest.release();
    }
    if (bytes > 0) this.#restartIdle(id, stream);
    if (content.isWhole && rest.available === 0 && stream.isTaken) {
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
    this.#streams.delete(id);
    stream?.idle[Symbol.dispose]();
    stream?.forget();
    stream?.rest.stop();
  }
}

/** Content that still comes is sent by whole chunks. */
function isDue(content: Flow, rest: FlowReader): boolean {
  return content.hasEnded || rest.available >= STREAM_CHUNK_BYTES;
}
