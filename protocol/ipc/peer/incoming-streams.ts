import { Flow } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { StreamReceiver } from '../flow.ts';
import type { Wire } from './wire.ts';

/** Streams at once, each way. One that we stopped counts until its sender has said the end. */
export const MAX_STREAMS = 16;
/** A sender that says a byte now and then is not listened to for ever. */
export const LONGEST_MS = 15 * 60_000;
/** Streams that were given up before we took them, and of which we remember it. */
const MAX_GIVEN_UP = 64;

/** What comes of one stream at this moment. */
interface Chunk {
  readonly id: number;
  readonly stream: Incoming;
  readonly bytes: number;
  left: number;
}

interface Incoming {
  readonly flow: StreamReceiver;
  readonly content: Flow;
  readonly maxBytes: number;
  /** Begins anew with each part. */
  idle: Disposable;
  readonly restartIdle: () => void;
  readonly forget: () => void;
}

/** What is known of a stream before it is taken. */
export interface StreamTerms {
  /** Most bytes that it may bring. */
  readonly maxBytes: number;
  /** What it will bring, where its sender has said so. */
  readonly size?: number | undefined;
  /** How long its sender may be silent, in ms. */
  readonly idleMs: number;
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
}

/** Content of the other side that we take. */
export class IncomingStreams {
  readonly #wire: Wire;
  readonly #streams = new Map<number, Incoming>();
  readonly #givenUp = new Set<number>();
  /** Undefined also while a chunk comes that nobody wants. */
  #chunk: Chunk | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /**
   * The content as it comes; why it ends too early is its failure.
   * @throws {AgentError} as `Link.receiveStream`; 'refused' also when too many are open, or this one is already
   */
  take(id: number, { maxBytes, size, idleMs, signal }: StreamTerms): Flow {
    if (this.#givenUp.delete(id)) throw new AgentError('cancelled', 'the sender gave the stream up');
    if (signal?.aborted) throw new AgentError('cancelled', 'the stream was called off');
    if (size !== undefined && size > maxBytes) throw tooLong(maxBytes);
    if (this.#streams.has(id)) throw new AgentError('refused', `stream ${id} is being read already`);
    if (this.#streams.size >= MAX_STREAMS) throw new AgentError('refused', `${MAX_STREAMS} streams are open already`);
    const callOff = () => this.#stop(id, new AgentError('cancelled', 'the stream was called off'));
    const deadline = this.#wire.after(LONGEST_MS, () => {
      this.#stop(id, new AgentError('timeout', `the stream took longer than ${LONGEST_MS} ms`));
    });
    const overdue = () => this.#stop(id, new AgentError('timeout', `the stream brought nothing for ${idleMs} ms`));
    signal?.addEventListener('abort', callOff);
    const stream: Incoming = {
      flow: new StreamReceiver({ maxBytes }),
      content: new Flow(size, callOff),
      maxBytes,
      idle: this.#wire.after(idleMs, overdue),
      restartIdle: () => {
        stream.idle[Symbol.dispose]();
        stream.idle = this.#wire.after(idleMs, overdue);
      },
      forget: () => {
        stream.idle[Symbol.dispose]();
        deadline[Symbol.dispose]();
        signal?.removeEventListener('abort', callOff);
      },
    };
    this.#streams.set(id, stream);
    this.#giveCredit(id, stream);
    return stream.content;
  }

  /** A chunk of so many bytes begins, which `more` brings. @throws {AgentError} 'malformed' */
  begun(id: number, bytes: number): void {
    const stream = this.#find(id);
    this.#chunk = undefined;
    if (stream === undefined) return;
    switch (stream.flow.received(bytes)) {
      case 'keep':
        stream.restartIdle();
        this.#chunk = { id, stream, bytes, left: bytes };
        return;
      case 'too-large':
        return this.#stop(id, tooLong(stream.maxBytes));
      case 'drop':
        return;
    }
  }

  /** @param part valid during the call only */
  more(part: Uint8Array): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    const { id, stream, bytes } = chunk;
    const { flow, content } = stream;
    content.add(part);
    chunk.left -= part.length;
    if (content.failure === undefined && chunk.left > 0) return;
    this.#chunk = undefined;
    if (content.failure !== undefined) return this.#stop(id, content.failure);
    flow.consumed(bytes);
    this.#giveCredit(id, stream);
  }

  ended(id: number): void {
    const stream = this.#find(id);
    this.#streams.delete(id);
    stream?.forget();
    stream?.content.finish();
  }

  /** A stream may be given up before the message that names it has been acted on. */
  aborted(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#remember(id);
    this.#streams.delete(id);
    stream.forget();
    stream.content.fail(new AgentError('cancelled', 'the sender gave the stream up'));
  }

  close(reason: AgentError): void {
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const { forget, content } of streams) {
      forget();
      content.fail(reason);
    }
  }

  #giveCredit(id: number, { flow }: Incoming): void {
    const bytes = flow.nextCredit();
    if (bytes > 0) this.#wire.send({ kind: 'stream-credit', id, body: bytes });
  }

  #stop(id: number, reason: AgentError): void {
    const stream = this.#streams.get(id);
    if (stream === undefined || !stream.flow.stop()) return;
    this.#wire.send({ kind: 'stream-stop', id });
    stream.forget();
    stream.content.fail(reason);
  }

  #find(id: number): Incoming | undefined {
    const stream = this.#streams.get(id);
    if (stream === undefined) this.#wire.counters.illegal++;
    return stream;
  }

  #remember(id: number): void {
    const [oldest] = this.#givenUp;
    if (this.#givenUp.size >= MAX_GIVEN_UP && oldest !== undefined) this.#givenUp.delete(oldest);
    this.#givenUp.add(id);
  }
}

function tooLong(maxBytes: number): AgentError {
  return new AgentError('refused', `the stream is longer than ${maxBytes} bytes`);
}
