import type { Socket } from 'node:net';
import { JsonReader } from '#protocol/qga/reader.ts';
import { after } from '#shared/lifecycle/after.ts';
import { failure, greeting, lineOf, type Message } from './message.ts';
import { type Call, Session } from './session.ts';
import { VERSION } from './version.ts';

/** A client that connects and says nothing holds a place that others may want. */
const NEGOTIATION_MS = 60_000;
/** A client that does not take what it was sent, not a byte in this time, is cut off. */
const STALL_MS = 30_000;
/** Events that wait for a client which is not reading. Beyond it the client is cut off (S5). */
const MAX_UNREAD_EVENTS = 1024 * 1024;
/** For what was written to leave before the connection is cut. */
const LAST_WORDS_MS = 1_000;

/** What a client may change for itself, and what ends with it. */
export interface ClientContext {
  /** Deadline of each of its commands. */
  timeoutMs: number;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** @returns the answer; never throws for what the guest or the client did */
export type Execute = (call: Call, client: ClientContext) => Promise<Message>;

/**
 * One client of the QMP server. Its commands are carried out one after the other in its order, as QMP has it; what it
 * sends meanwhile waits in its socket. An event may stand between any two answers.
 */
export class ClientConnection {
  readonly #session = new Session();
  readonly #reader = new JsonReader();
  readonly #gone = new AbortController();
  #unreadEvents = 0;

  constructor(
    private readonly socket: Socket,
    private readonly execute: Execute,
    /** Called once, when commands are taken from then on. */
    private readonly negotiated: () => void,
  ) {
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.#gone.abort());
    socket.on('timeout', () => socket.destroy());
    socket.on('drain', () => {
      socket.setTimeout(0);
      this.#unreadEvents = 0;
    });
  }

  get isNegotiated(): boolean {
    return this.#session.isNegotiated;
  }

  /** Serves the client until it leaves or is cut off. Never throws. */
  async run(timeoutMs: number): Promise<void> {
    using _ = after(NEGOTIATION_MS, () => {
      if (!this.isNegotiated) this.socket.destroy();
    });
    try {
      this.#write(greeting(VERSION));
      await this.#serve({ timeoutMs, signal: this.#gone.signal });
    } catch {
      this.socket.destroy(); // the connection broke while it was read
    }
    await this.#leave();
  }

  /** Sends an event, or cuts off a client that has left too many unread. */
  tell(line: Buffer): void {
    const { socket } = this;
    if (!this.isNegotiated || socket.destroyed || socket.writableEnded) return;
    if (socket.writableNeedDrain) this.#unreadEvents += line.length;
    if (this.#unreadEvents > MAX_UNREAD_EVENTS) socket.destroy();
    else this.#send(line);
  }

  /** Cuts the connection. */
  destroy(): void {
    this.socket.destroy();
  }

  async #serve(context: ClientContext): Promise<void> {
    // A client may say all it has to say, close its half, and still read the answers.
    for await (const bytes of this.socket.iterator({ destroyOnReturn: false })) {
      for (const heard of this.#reader.push(bytes)) {
        const wasNegotiated = this.isNegotiated;
        const step = this.#session.take(heard);
        this.#write(step.kind === 'answer' ? step.message : await this.execute(step.call, context));
        if (this.isNegotiated && !wasNegotiated) this.negotiated();
        await this.#room();
        if (this.socket.destroyed) return;
      }
    }
  }

  #write(message: Message): void {
    if (!this.socket.destroyed) this.#send(lineOf(message));
  }

  #send(line: Buffer): void {
    if (!this.socket.write(line)) this.socket.setTimeout(STALL_MS);
  }

  /** Waits while what was written is not read: answers do not pile up. */
  async #room(): Promise<void> {
    const { socket } = this;
    if (!socket.writableNeedDrain || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  async #leave(): Promise<void> {
    const { socket } = this;
    if (!socket.closed) {
      using _ = after(LAST_WORDS_MS, () => socket.destroy());
      await new Promise<void>((resolve) => {
        socket.once('close', resolve);
        socket.end(() => socket.destroy());
      });
    }
  }
}

/** Tells a client that there is no place for it. */
export function turnAway(socket: Socket, why: string): void {
  socket.on('error', () => {}).end(lineOf(failure('GenericError', why)), () => socket.destroy());
}
