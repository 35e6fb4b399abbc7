import type { Buffer } from 'node:buffer';
import type { Content, Flow } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import type { Notification, Request } from '../definition.ts';
import { type EncodableObject, encodeStreamData, FrameReader, type IpcMap } from '../framing.ts';
import type { Link } from '../link.ts';
import { type Envelope, formatEnvelope, parseEnvelope } from '../message.ts';
import { Answers } from './answers.ts';
import { Calls } from './calls.ts';
import { formatFailure, parseFailure } from './failure.ts';
import { assertGoes, encodable, type Handlers, type Side } from './handlers.ts';
import { IncomingStreams, type StreamTerms } from './incoming-streams.ts';
import { OutgoingStreams } from './outgoing-streams.ts';
import type { After, Counters, Wire } from './wire.ts';

/** Bytes that may be written while the other side is slow; beyond them notifications are dropped. */
export const MAX_WAITING_BYTES = 1024 * 1024;
/** Answers cannot be dropped: who lets so many of them wait is not read for, but cut off. */
const MAX_OWED_BYTES = 2 * MAX_WAITING_BYTES;
/** How long the other side may leave the queue full. */
export const STUCK_MS = 30_000;
/** Illegal frames of one connection, after which it is ended: it does nothing else. */
export const MAX_ILLEGAL = 1000;

export interface PeerOptions<Hello> {
  /** What the other side's first frame must be. */
  readonly hello: Notification<Hello>;
  readonly handlers: Handlers;
  readonly after: After;
  /**
   * Queues bytes.
   * @param lent follows them, and is needed during the call only
   * @returns false: a lot waits, `drained` will be called when it is gone
   */
  readonly write: (bytes: Uint8Array, lent?: Uint8Array) => boolean;
  readonly events: PeerEvents<Hello>;
}

export interface PeerEvents<Hello> {
  /**
   * The other side has said hello. Who has not yet said one answers now with `greet`, or with `refuse`.
   * @throws {AgentError} refuses too
   */
  greeted(hello: Hello): void;
  /**
   * The other side broke the rules, refused us ('refused', with its words) or does not read: close the connection.
   * Called once, in a turn of its own; everything that waited has been told.
   */
  broken(reason: AgentError): void;
  /** Notifications that were dropped can be sent again. */
  drained(): void;
  /** A handler threw something unexpected. */
  bug(error: unknown): void;
}

/**
 * One end of the session link over bytes in and bytes out: both sides first say hello, then anything.
 *
 * All that the other side sends is untrusted: what breaks a format ends the connection, what is illegal now is counted,
 * what comes from another release is ignored and counted, and nothing it does makes this side hold more than its caps.
 */
export class Peer<Hello> implements Link {
  readonly counters: Counters = { unknown: 0, unheard: 0, illegal: 0, dropped: 0 };
  readonly #options: PeerOptions<Hello>;
  readonly #otherSide: Side;
  readonly #reader: FrameReader;
  readonly #calls: Calls;
  readonly #answers: Answers;
  readonly #incoming: IncomingStreams;
  readonly #outgoing: OutgoingStreams;
  #hasHeardHello = false;
  #hasSaidHello = false;
  #isClosed = false;
  #failure: AgentError | undefined;
  /** Bytes written since the queue was full; undefined while it is not. */
  #waiting: number | undefined;
  #stuck: Disposable | undefined;

  constructor(options: PeerOptions<Hello>) {
    this.#options = options;
    this.#otherSide = options.handlers.side === 'system' ? 'session' : 'system';
    const isRoomy = () => this.#waiting === undefined && !this.#isClosed;
    const wire: Wire = {
      after: options.after,
      counters: this.counters,
      get hasRoom() {
        return isRoomy();
      },
      send: (envelope) => this.#send(envelope),
      sendChunk: (id, chunk) => this.#sendChunk(id, chunk),
    };
    this.#calls = new Calls(wire);
    this.#answers = new Answers(wire, (error) => options.events.bug(error));
    this.#incoming = new IncomingStreams(wire);
    this.#outgoing = new OutgoingStreams(wire);
    this.#reader = new FrameReader({
      begun: (id, bytes) => this.#takeChunk(id, bytes),
      more: (bytes) => this.#incoming.more(bytes),
    });
  }

  /** Both have said hello, and nothing has ended it. */
  get isUp(): boolean {
    return this.#hasHeardHello && this.#hasSaidHello && !this.#isClosed;
  }

  /** The reason that `broken` will give, or gave: the connection may end before its turn comes. */
  get failure(): AgentError | undefined {
    return this.#failure;
  }

  /** Says our hello. */
  greet<Body>(hello: Notification<Body>, body: Body): void {
    assertGoes(hello, this.#otherSide);
    this.#hasSaidHello = true;
    this.#send({ kind: 'notification', name: hello.name, body: encodable(body) });
  }

  /** Says, in place of our hello, why there will be none; the caller then closes the connection. */
  refuse(reason: AgentError): void {
    if (!this.#hasSaidHello) this.#send({ kind: 'error', id: 0, body: { ...formatFailure(reason) } });
    this.close(reason);
  }

  /** Bytes came; they are not needed after the call. */
  receive(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.#reader.push(bytes, (frame) => this.#take(frame));
    } catch (error) {
      this.#break(error);
    }
  }

  /** What was written is gone. */
  drained(): void {
    if (this.#waiting === undefined || this.#isClosed) return;
    this.#waiting = undefined;
    this.#stuck?.[Symbol.dispose]();
    this.#outgoing.pump();
    this.#options.events.drained();
  }

  /** The connection is gone or no longer wanted: ends everything that waits with 'cancelled'. No event follows. */
  close(reason = new AgentError('cancelled', 'the session link is down')): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stuck?.[Symbol.dispose]();
    const gone = new AgentError('cancelled', `the session link is down: ${reason.message}`, { cause: reason });
    this.#calls.close(gone);
    this.#answers.close();
    this.#incoming.close(gone);
    this.#outgoing.close();
  }

  /** @returns false if it was dropped */
  notify<Body>(message: Notification<Body>, body: Body): boolean {
    assertGoes(message, this.#otherSide);
    if (!this.isUp) return false;
    if (this.#isFull()) {
      this.counters.dropped++;
      return false;
    }
    this.#send({ kind: 'notification', name: message.name, body: encodable(body) });
    return true;
  }

  /** @param signal calls it off: the answer is then 'cancelled' */
  async call<Body, Result>(
    message: Request<Body, Result>,
    body: Body,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Result> {
    assertGoes(message, this.#otherSide);
    this.#assertUp();
    if (this.#isFull()) throw new AgentError('cancelled', 'the other side of the session link does not read');
    return this.#calls.ask(message, body, timeoutMs, signal);
  }

  on<Body>(message: Notification<Body>, handler: (body: Body) => void): Disposable {
    return this.#options.handlers.on(message, handler);
  }

  handle<Body, Result>(
    message: Request<Body, Result>,
    handler: (body: Body, signal: AbortSignal) => Promise<Result>,
  ): Disposable {
    return this.#options.handlers.handle(message, handler);
  }

  /**
   * @param signal gives it up
   * @throws {AgentError} 'refused' when too many are offered, 'cancelled' when the link is down
   */
  sendStream(content: Content, signal?: AbortSignal): number {
    this.#assertUp();
    return this.#outgoing.offer(content, signal);
  }

  /** @param signal stops it: the answer is then 'cancelled' */
  async receiveStream(id: number, maxBytes: number, idleMs: number, signal?: AbortSignal): Promise<Buffer> {
    return this.openStream(id, { maxBytes, idleMs, signal }).whole();
  }

  openStream(id: number, terms: StreamTerms): Flow {
    this.#assertUp();
    return this.#incoming.take(id, terms);
  }

  #take(frame: IpcMap): void {
    if (this.#isClosed) return;
    const { envelope, unknownMembers } = parseEnvelope(frame);
    this.counters.unknown += unknownMembers;
    if (!this.#hasHeardHello) this.#takeHello(envelope);
    else if (envelope === undefined) this.counters.unknown++;
    else if (!this.#hasSaidHello) this.counters.illegal++;
    else this.#takeEnvelope(envelope);
    this.#assertLegal();
  }

  #takeChunk(id: number, bytes: number): void {
    if (this.#isClosed) return;
    if (!this.#hasHeardHello) throw noHello();
    if (this.#hasSaidHello) this.#incoming.begun(id, bytes);
    else this.counters.illegal++;
    this.#assertLegal();
  }

  /** @throws {AgentError} 'malformed' */
  #assertLegal(): void {
    if (this.counters.illegal > MAX_ILLEGAL) throw new AgentError('malformed', 'too many frames that are illegal now');
  }

  #takeHello(envelope: Envelope<IpcMap> | undefined): void {
    if (envelope?.kind === 'error' && envelope.id === 0 && this.#hasSaidHello) throw parseFailure(envelope.body);
    const { hello, events } = this.#options;
    if (envelope?.kind !== 'notification' || envelope.name !== hello.name) {
      throw noHello();
    }
    const body = hello.body.read(envelope.body, '');
    this.#hasHeardHello = true;
    events.greeted(body);
  }

  #takeEnvelope(envelope: Envelope<IpcMap>): void {
    switch (envelope.kind) {
      case 'notification':
        return this.#hear(envelope.name, envelope.body);
      case 'request':
        return this.#answers.asked(envelope.id, envelope.name, this.#answererOf(envelope.name, envelope.body));
      case 'cancel':
        return this.#answers.cancelled(envelope.id);
      case 'response':
        return this.#calls.answered(envelope.id, envelope.body);
      case 'error':
        return this.#calls.failed(envelope.id, envelope.body);
      case 'stream-data':
        this.#incoming.begun(envelope.id, envelope.body.length);
        return this.#incoming.more(envelope.body);
      case 'stream-end':
        return this.#incoming.ended(envelope.id);
      case 'stream-abort':
        return this.#incoming.aborted(envelope.id);
      case 'stream-credit':
        return this.#outgoing.credited(envelope.id, envelope.body);
      case 'stream-stop':
        return this.#outgoing.stopped(envelope.id);
    }
  }

  #hear(name: string, body: IpcMap): void {
    if (name === this.#options.hello.name) {
      this.counters.illegal++;
      return;
    }
    const ready = this.#options.handlers.hearersOf(name).map((hearer) => hearer(body));
    if (ready.length === 0) this.counters.unheard++;
    for (const handler of ready) this.#run(handler);
  }

  #run(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#options.events.bug(error);
    }
  }

  #answererOf(name: string, body: IpcMap): ((signal: AbortSignal) => Promise<EncodableObject>) | undefined {
    const answerer = this.#options.handlers.answererOf(name);
    if (answerer === undefined) this.counters.unheard++;
    return answerer?.(body);
  }

  #assertUp(): void {
    if (!this.isUp) throw new AgentError('cancelled', 'the session link is down');
  }

  #isFull(): boolean {
    return this.#waiting !== undefined && this.#waiting > MAX_WAITING_BYTES;
  }

  /** @throws {AgentError} 'invalid-argument' if it does not fit a frame */
  #send(envelope: Envelope<EncodableObject>): void {
    if (this.#isClosed) return;
    const frame = formatEnvelope(envelope);
    this.#wrote(frame.length, this.#options.write(frame));
  }

  #sendChunk(id: number, chunk: Uint8Array): void {
    if (this.#isClosed) return;
    const head = encodeStreamData(id, chunk.length);
    this.#wrote(head.length + chunk.length, this.#options.write(head, chunk));
  }

  #wrote(bytes: number, hasRoom: boolean): void {
    if (this.#waiting !== undefined) {
      this.#waiting += bytes;
      if (this.#waiting > MAX_OWED_BYTES)
        this.#break(new AgentError('refused', 'it asks and does not read the answers'));
    } else if (!hasRoom) {
      this.#waiting = 0;
      this.#stuck = this.#options.after(STUCK_MS, () => {
        this.#break(new AgentError('timeout', `it has not read for ${STUCK_MS} ms`));
      });
    }
  }

  /** In a turn of its own: it may come out of any call, and its owner tells others, who may be the caller. */
  #break(error: unknown): void {
    if (this.#isClosed) return;
    const { after, events } = this.#options;
    const reason = error instanceof AgentError ? error : new AgentError('failed', 'internal error', { cause: error });
    if (reason !== error) events.bug(error);
    this.#failure = reason;
    if (this.#hasHeardHello) this.refuse(reason);
    else this.close(reason);
    after(0, () => events.broken(reason));
  }
}

function noHello(): AgentError {
  return new AgentError('malformed', 'the first frame is no hello');
}
