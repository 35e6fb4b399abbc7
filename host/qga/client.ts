import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connectTo } from '#host/connection/connect.ts';
import { Deadline } from '#host/connection/deadline.ts';
import { Turns } from '#host/connection/turns.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import type { JsonValue, Printable } from '#shared/json/value.ts';
import { type LineEvent, LineReader } from './lines.ts';
import {
  type ClientOptions,
  DEFAULT_GRACE_MS,
  DEFAULT_MAX_REPLY,
  DEFAULT_TIMEOUT_MS,
  type RequestOptions,
  type TellOptions,
  type Told,
} from './options.ts';
import { GuestError, readReply } from './reply.ts';

const MAX_WAITING = 64;
/** `{"return": 9007199254740991}` with room for another agent's blank space. */
const MAX_SYNC_REPLY = 256;
const SENTINEL = Buffer.of(0xff);

type Heard = LineEvent | { readonly kind: 'lost'; readonly error: AgentError };

/**
 * Host side of the QGA protocol on the unix socket of QEMU's chardev. One request is under way at a time, others wait
 * their turn (at most 64). The guest is hostile (D3): every wait ends, every reply has a limit, and nothing it said
 * before a request counts as the answer.
 *
 * The client is *in step* when the next line can only be the answer to the next request. It is not at first, and no
 * longer after a timeout, a cancelled request, a reply that breaks the protocol, or a byte that was not asked for.
 * Then the next request syncs first (L1): 0xFF and guest-sync-delimited with a random id are sent, and everything is
 * skipped up to the delimited answer with that id.
 */
export class QgaClient implements AsyncDisposable {
  readonly #lines: LineReader;
  readonly #timeoutMs: number;
  #inStep = false;
  #lost: AgentError | undefined;
  #listener: ((heard: Heard) => void) | undefined;
  readonly #turns = new Turns(MAX_WAITING);

  private constructor(
    private readonly socket: Socket,
    options: ClientOptions,
  ) {
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#lines = new LineReader(options.maxReplyBytes ?? DEFAULT_MAX_REPLY);
    let cause: Error | undefined;
    socket.on('data', (bytes) => this.#read(bytes));
    socket.on('error', (error) => {
      cause = error; // 'close' follows
    });
    socket.on('close', () => {
      const why = cause ? `: ${cause.message}` : '';
      this.#lost = new AgentError('failed', `the connection is lost${why}`, { cause });
      this.#listener?.({ kind: 'lost', error: this.#lost });
    });
  }

  /** @throws {AgentError} 'failed' with the system's reason, 'timeout' or 'cancelled' */
  static async connect(path: string, options: ClientOptions = {}): Promise<QgaClient> {
    using deadline = new Deadline(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, options.signal);
    return new QgaClient(await connectTo(path, deadline), options);
  }

  get isClosed(): boolean {
    return this.#lost !== undefined;
  }

  /** Resolves when the connection has ended, whoever ended it. */
  async end(): Promise<void> {
    if (!this.isClosed) await new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
  }

  /**
   * Not for SILENT_COMMANDS, whose success would be a timeout: see `tell`.
   *
   * @param args the object `arguments`; left out when undefined
   * @returns what the guest returned; no result is an empty Map
   * @throws {GuestError} the guest said no
   * @throws {AgentError} 'timeout', 'cancelled', 'malformed' (a reply that breaks the protocol or the limit), 'failed'
   *   (connection lost) or 'refused' (too many requests wait)
   */
  request(command: string, args?: Printable, options: RequestOptions = {}): Promise<JsonValue> {
    return this.#inTurn(options, async (deadline) => {
      await this.#sync(deadline);
      deadline.waitingFor = `no answer to ${command}`;
      return this.#exchange(requestText(command, args), deadline, (heard) => ({ done: answerIn(heard) }));
    });
  }

  /**
   * Runs one of SILENT_COMMANDS, always after a sync: so there is an agent that reads. That it was not heard again is
   * no proof that the guest did it.
   *
   * @throws as `request`, except that a connection lost after sending is the result 'closed'
   */
  tell(command: string, args?: Printable, options: TellOptions = {}): Promise<Told> {
    return this.#inTurn(options, async (deadline) => {
      this.#inStep = false;
      await this.#sync(deadline);
      using grace = new Deadline(options.graceMs ?? DEFAULT_GRACE_MS, options.signal);
      try {
        return await this.#exchange<Told>(requestText(command, args), grace, (heard) => {
          if (heard.kind === 'lost') return { done: 'closed' };
          answerIn(heard);
          return { done: 'replied' };
        });
      } catch (error) {
        if (error instanceof AgentError && error.code === 'timeout') return 'silent';
        throw error;
      }
    });
  }

  /** Abandons what is under way. Idempotent. */
  async close(): Promise<void> {
    this.socket.destroy();
    await this.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #inTurn<T>(options: RequestOptions, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    using deadline = new Deadline(options.timeoutMs ?? this.#timeoutMs, options.signal);
    return await this.#turns.take(deadline, () => work(deadline));
  }

  /** After this the next line is the answer to the next request, and that request can be sent at once. */
  async #sync(deadline: Deadline): Promise<void> {
    if (!this.#inStep || this.#lines.isInsideLine) {
      await this.#sendable(deadline);
      deadline.waitingFor = 'no answer to guest-sync-delimited';
      const id = randomId();
      const request = Buffer.concat([SENTINEL, Buffer.from(requestText('guest-sync-delimited', { id }))]);
      await this.#exchange(request, deadline, (heard) => {
        if (heard.kind === 'lost') throw heard.error;
        return heard.kind === 'line' && heard.delimited && isSyncReply(heard.bytes, id) ? { done: true } : undefined;
      });
    }
    await this.#sendable(deadline);
  }

  /** A guest that does not read must not make us collect requests. */
  async #sendable(deadline: Deadline): Promise<void> {
    if (!this.socket.writableNeedDrain) return;
    deadline.waitingFor = 'the guest did not read';
    await deadline.wait<void>((resolve, reject) => {
      const lost = () => reject(this.#lost);
      this.socket.on('drain', resolve).on('close', lost);
      return () => this.socket.off('drain', resolve).off('close', lost);
    });
  }

  /** Sends, then gives `take` what is heard until it is done or throws. Out of step unless that was an answer. */
  #exchange<T>(
    request: string | Buffer,
    deadline: Deadline,
    take: (heard: Heard) => { readonly done: T } | undefined,
  ): Promise<T> {
    return deadline.wait<T>((resolve, reject) => {
      if (this.#lost) throw this.#lost;
      this.#inStep = false;
      const settle = (isAnswer: boolean): void => {
        this.#listener = undefined;
        // Not later: the same bytes may hold more, which nobody asked for.
        this.#inStep = isAnswer;
      };
      this.#listener = (heard) => {
        try {
          const result = take(heard);
          if (result === undefined) return;
          settle(true);
          resolve(result.done);
        } catch (error) {
          settle(error instanceof GuestError);
          reject(error);
        }
      };
      this.socket.write(request);
      return () => {
        this.#listener = undefined;
      };
    });
  }

  #read(bytes: Uint8Array): void {
    for (const event of this.#lines.push(bytes)) {
      if (this.#listener) this.#listener(event);
      else this.#inStep = false;
    }
  }
}

function requestText(command: string, args: Printable | undefined): string {
  return `${formatJson({ execute: command, arguments: args })}\n`;
}

function answerIn(heard: Heard): JsonValue {
  switch (heard.kind) {
    case 'lost':
      throw heard.error;
    case 'too-long':
      throw new AgentError('malformed', 'the reply is longer than the limit');
    case 'line':
      return readReply(heard.bytes);
  }
}

function isSyncReply(line: Uint8Array, id: bigint): boolean {
  if (line.length > MAX_SYNC_REPLY) return false;
  return Buffer.from(line).toString('latin1').replace(/\s/g, '') === `{"return":${id}}`;
}

/** Positive and below 2^53: exact in every client and agent, whatever it makes of numbers. */
function randomId(): bigint {
  return (randomBytes(8).readBigUInt64LE() >> 11n) | 1n;
}
