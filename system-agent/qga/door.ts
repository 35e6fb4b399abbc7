import { errorReply, type Reply, SENTINEL } from '#protocol/qga/message.ts';
import { JsonReader, type ReadEvent } from '#protocol/qga/reader.ts';
import { Spare } from '#shared/bytes/spare.ts';
import { formatJsonPieces } from '#shared/json/format.ts';
import { wipeSecrets } from '#shared/json/secrets.ts';
import type { Base64 } from '#shared/json/value.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Channel, ChannelEvents } from '../channels/channel.ts';
import type { DescribedDoor, DoorDescription } from '../control/described.ts';
import type { Answer, Dispatcher } from './dispatcher.ts';

/** Replies that are ready leave together once they are this long. */
const FLUSH_AT = 64 * 1024;

/** File data becomes text in blocks of this size, which stay in the processor's cache until the channel has taken them. */
const BLOCK = 64 * 1024;
/** After so many, other channels have their turn. */
const BLOCKS_PER_TURN = 32;
const NOTHING = new Uint8Array();

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
  /** Of the first one: characters or bytes that have been sent. */
  #sent = 0;
  #ready = '';
  readonly #spare = new Spare();
  #nextTurn: NodeJS.Immediate | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly dispatcher: Dispatcher,
  ) {}

  get isAtRest(): boolean {
    const hasWork = this.#working !== undefined || this.#next < this.#pending.length;
    return !hasWork && this.#ready === '' && this.#pieces.length === 0 && this.#reader.isIdle;
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
    clearImmediate(this.#nextTurn);
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
    this.#sent = 0;
    this.#ready = '';
    clearImmediate(this.#nextTurn);
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
    if (this.#blocked) return;
    if (this.#pieces.length === 0) this.#flushText();
    else this.#flushBlocks();
  }

  #flushText(): void {
    if (this.#ready === '') return;
    const text = Buffer.from(this.#ready, 'latin1');
    this.#ready = '';
    this.#blocked = !this.channel.write(text);
  }

  /** The text of file data is never there as a whole: only as much of it is made as the channel takes. */
  #flushBlocks(): void {
    if (this.#ready !== '') this.#pieces.push(this.#ready);
    this.#ready = '';
    const block = this.#spare.take(BLOCK);
    for (let count = 0; !this.#blocked && this.#pieces.length > 0; count++) {
      if (count === BLOCKS_PER_TURN) {
        this.#blocked = true;
        this.#nextTurn = setImmediate(() => this.drained());
      } else {
        this.#blocked = !this.channel.write(NOTHING, block.bytes.subarray(0, this.#fill(block.bytes)));
      }
    }
    block.release();
  }

  /** @returns how much of it is text now */
  #fill(block: Buffer): number {
    let end = 0;
    for (;;) {
      const [piece] = this.#pieces;
      if (piece === undefined) return end;
      const room = block.length - end;
      const isText = typeof piece === 'string';
      const length = isText ? piece.length : piece.bytes.length;
      const upTo = Math.min(length, this.#sent + (isText ? room : 3 * Math.floor(room / 4)));
      if (upTo === this.#sent && length > 0) return end;
      const text = isText ? piece.slice(this.#sent, upTo) : piece.bytes.toString('base64', this.#sent, upTo);
      end += block.write(text, end, 'latin1');
      this.#sent = upTo;
      if (upTo < length) return end;
      if (!isText) piece.release();
      this.#pieces.shift();
      this.#sent = 0;
    }
  }
}
