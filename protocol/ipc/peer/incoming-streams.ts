import type { Buffer } from 'node:buffer';
import { ByteCollector } from '#shared/bytes/collector.ts';
import { AgentError } from '#shared/errors.ts';
import { StreamReceiver } from '../flow.ts';
import type { Wire } from './wire.ts';

/** Streams at once, each way. One that we stopped counts until its sender has said the end. */
export const MAX_STREAMS = 16;
/** Streams that were given up before we took them, and of which we remember it. */
const MAX_GIVEN_UP = 64;

interface Incoming {
  readonly flow: StreamReceiver;
  readonly content: ByteCollector;
  done(content: Buffer): void;
  failed(error: AgentError): void;
}

/** Content of the other side that we take. */
export class IncomingStreams {
  readonly #wire: Wire;
  readonly #streams = new Map<number, Incoming>();
  readonly #givenUp = new Set<number>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** @throws {AgentError} as `Link.receiveStream`; 'refused' also when too many are open, or this one is already */
  async take(id: number, maxBytes: number, timeoutMs: number, signal?: AbortSignal): Promise<Buffer> {
    if (this.#givenUp.delete(id)) throw new AgentError('cancelled', 'the sender gave the stream up');
    if (signal?.aborted) throw new AgentError('cancelled', 'the stream was called off');
    if (this.#streams.has(id)) throw new AgentError('refused', `stream ${id} is being read already`);
    if (this.#streams.size >= MAX_STREAMS) throw new AgentError('refused', `${MAX_STREAMS} streams are open already`);
    const callOff = () => this.#stop(id, new AgentError('cancelled', 'the stream was called off'));
    const deadline = this.#wire.after(timeoutMs, () => {
      this.#stop(id, new AgentError('timeout', `the stream took longer than ${timeoutMs} ms`));
    });
    signal?.addEventListener('abort', callOff);
    try {
      return await this.#contentOf(id, maxBytes);
    } finally {
      deadline[Symbol.dispose]();
      signal?.removeEventListener('abort', callOff);
    }
  }

  /** @throws {AgentError} 'malformed' */
  received(id: number, bytes: Uint8Array): void {
    const stream = this.#find(id);
    if (stream === undefined) return;
    switch (stream.flow.received(bytes.length)) {
      case 'keep':
        stream.content.add(bytes);
        stream.flow.consumed(bytes.length);
        return this.#giveCredit(id, stream);
      case 'too-large':
        return this.#stop(id, new AgentError('refused', `the stream is longer than ${stream.content.limit} bytes`));
      case 'drop':
        return;
    }
  }

  ended(id: number): void {
    const stream = this.#find(id);
    this.#streams.delete(id);
    stream?.done(stream.content.take());
  }

  /** A stream may be given up before the message that names it has been acted on. */
  aborted(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#remember(id);
    this.#streams.delete(id);
    stream.failed(new AgentError('cancelled', 'the sender gave the stream up'));
  }

  close(reason: AgentError): void {
    for (const stream of this.#streams.values()) stream.failed(reason);
    this.#streams.clear();
  }

  #contentOf(id: number, maxBytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream: Incoming = {
        flow: new StreamReceiver({ maxBytes }),
        content: new ByteCollector(maxBytes),
        done: resolve,
        failed: reject,
      };
      this.#streams.set(id, stream);
      this.#giveCredit(id, stream);
    });
  }

  #giveCredit(id: number, { flow }: Incoming): void {
    const bytes = flow.nextCredit();
    if (bytes > 0) this.#wire.send({ kind: 'stream-credit', id, body: bytes });
  }

  #stop(id: number, reason: AgentError): void {
    const stream = this.#streams.get(id);
    if (stream === undefined || !stream.flow.stop()) return;
    this.#wire.send({ kind: 'stream-stop', id });
    stream.content.wipe();
    stream.failed(reason);
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
