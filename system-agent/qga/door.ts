import { errorReply, type Reply, SENTINEL } from '#protocol/qga/message.ts';
import { JsonReader, type ReadEvent } from '#protocol/qga/reader.ts';
import { Spare, type Taken } from '#shared/bytes/spare.ts';
import { formatJsonPieces } from '#shared/json/format.ts';
import { wipeSecrets } from '#shared/json/secrets.ts';
import type { Base64 } from '#shared/json/value.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Channel, ChannelEvents } from '../channels/channel.ts';
import type { DescribedDoor, DoorDescription } from '../control/described.ts';
import type { Answer, Dispatcher } from './dispatcher.ts';

/** Replies that are ready leave together once they are this long. */
const FLUSH_AT = 64 * 1024;

/** Base64 is made in pieces of so many bytes, a multiple of three: text that is short costs V8 nothing. */
const BASE64_STEP = 48 * 1024;

const SENTINEL_TEXT = String.fromCharCode(SENTINEL);

/**
 * The QEMU guest agent's door: reads requests from one channel and answers them one at a time, in order, without ever
 * an unsolicited byte (L2). A host that sends without reading its answers is no longer read until it does.
 */
export class QgaDoor implements Service, ChannelEvents, DescribedDoor {
  readonly name = 'qga';
  readonly #reader = new JsonReader({ forGuest: true });
  /** Read and not yet answered; at most what one chunk of the channel contained. */
  #pending: ReadEvent[] = [];
  #next = 0;
  /** A command is at work. Its answer is for the host of this connection only. */
  #working: symbol | undefined;
  /** Aborted when the present host leaves: what it has asked for is done, but not waited for. */
  #host = new AbortController();
  #blocked = false;
  #paused = false;
  #ended = false;
  /** Replies as Latin-1 text: they are ASCII but for the sentinel; and what stands between such text. */
  #pieces: (string | Base64)[] = [];
  #ready = '';
  readonly #spare = new Spare();
  /** The channel has its memory until it has sent all. */
  #sending: Taken | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly dispatcher: Dispatcher,
  ) {}

  get isAtRest(): boolean {
    const hasWork = this.#working !== undefined || this.#next < this.#pending.length || this.#ready !== '';
    return !hasWork && this.#reader.isIdle;
  }

  async start(): Promise<void> {
    this.channel.open(this);
  }

  async stop(): Promise<void> {
    await this.channel.close(); // while it can still be seen whether a request is unanswered
    this.#forget();
  }

  describe(): DoorDescription {
    return this.dispatcher.describe();
  }

  connected(): void {
    this.#forget();
    this.dispatcher.connected();
  }

  disconnected(): void {
    this.#forget();
  }

  data(bytes: Uint8Array): void {
    const events = this.#reader.push(bytes);
    if (events.length === 0) return;
    if (this.#next < this.#pending.length) this.#pending.push(...events);
    else {
      this.#pending = events;
      this.#next = 0;
    }
    this.#work();
  }

  drained(): void {
    this.#sending?.release();
    this.#sending = undefined;
    this.#blocked = false;
    this.#work();
  }

  left(): void {
    this.#host.abort();
  }

  ended(): void {
    this.#ended = true;
    this.#work();
  }

  #forget(): void {
    this.#reader.reset();
    for (const event of this.#pending.slice(this.#next)) if (event.kind === 'value') wipeSecrets(event.value);
    this.#pending = [];
    this.#next = 0;
    this.#host.abort();
    this.#host = new AbortController();
    this.#working = undefined;
    this.#blocked = false;
    this.#ended = false;
    this.#pieces = [];
    this.#ready = '';
    this.#sending = undefined;
    this.#pauseWhileBusy();
  }

  #work(): void {
    while (!this.#busy && this.#next < this.#pending.length) {
      const event = this.#pending[this.#next++] as ReadEvent;
      if (event.kind === 'error') this.#send(errorReply('GenericError', event.desc), false);
      else {
        const answer = this.dispatcher.answer(event.value, this.#host.signal);
        if (answer instanceof Promise) this.#await(answer);
        else this.#deliver(answer);
      }
    }
    this.#flush();
    if (this.#ended && !this.#busy) {
      this.#ended = false;
      this.channel.hangUp();
    }
    this.#pauseWhileBusy();
  }

  get #busy(): boolean {
    return this.#working !== undefined || this.#blocked;
  }

  #pauseWhileBusy(): void {
    const busy = this.#busy;
    if (busy === this.#paused) return;
    this.#paused = busy;
    if (busy) this.channel.pause();
    else this.channel.resume();
  }

  #await(promise: Promise<Answer>): void {
    const mine = Symbol();
    this.#working = mine;
    promise.then(
      (answer) => {
        if (this.#working !== mine) return; // the host that asked is gone
        this.#working = undefined;
        this.#deliver(answer);
        this.#work();
      },
      () => {}, // answer() never rejects
    );
  }

  #deliver({ reply, delimited }: Answer): void {
    if (reply !== undefined) this.#send(reply, delimited);
  }

  #send(reply: Reply | ReturnType<typeof errorReply>, delimited: boolean): void {
    if (delimited) this.#ready += SENTINEL_TEXT;
    for (const piece of formatJsonPieces(reply as Reply)) {
      if (typeof piece === 'string') this.#ready += piece;
      else {
        this.#pieces.push(this.#ready, piece);
        this.#ready = '';
      }
    }
    this.#ready += '\n';
    if (this.#pieces.length > 0 || this.#ready.length >= FLUSH_AT) this.#flush();
  }

  #flush(): void {
    if (this.#ready === '') return;
    const pieces = [...this.#pieces, this.#ready];
    this.#pieces = [];
    this.#ready = '';
    const taken = this.#spare.take(pieces.reduce((sum, piece) => sum + sizeOf(piece), 0));
    let at = 0;
    for (const piece of pieces) {
      if (typeof piece === 'string') at += taken.bytes.write(piece, at, 'latin1');
      else {
        at = writeBase64(piece.bytes, taken.bytes, at);
        piece.release();
      }
    }
    if (this.channel.write(taken.bytes.subarray(0, at))) return;
    this.#blocked = true;
    this.#sending = taken;
  }
}

function sizeOf(piece: string | Base64): number {
  return typeof piece === 'string' ? piece.length : 4 * Math.ceil(piece.bytes.length / 3);
}

/** @returns where it ends */
function writeBase64(bytes: Buffer, into: Buffer, at: number): number {
  let end = at;
  for (let from = 0; from < bytes.length; from += BASE64_STEP) {
    end += into.write(bytes.toString('base64', from, Math.min(from + BASE64_STEP, bytes.length)), end, 'latin1');
  }
  return end;
}
