import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import {
  type BigRequests,
  type Client,
  createClient,
  type Done,
  type Property,
  type Display as Setup,
  type XEvent,
} from 'x11';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { reach } from './reach.ts';
import { Sieve, type TakeValue } from './sieve.ts';
import { type Cookie, findCookie } from './xauthority.ts';

/** A server that takes longer hangs, or a client has grabbed it for too long. */
const ANSWER_MS = 10_000;
/** The first answer: Xwayland is started by whoever connects first, and trying again is no quicker. Decision 52. */
const SETUP_MS = 120_000;
const INPUT_ONLY = 2;
const REPLACE = 0;
const CHANGE_PROPERTY = 18;
/** Of a ChangeProperty request that says its length in 32 bits (BIG-REQUESTS). */
const CHANGE_PROPERTY_BYTES = 28;
/** What every server takes: 65535 words. */
const LEAST_REQUEST_BYTES = 4 * 0xffff;
/** A destroyed window's id is used again only after so many others: late answers must not reach the wrong window. */
const IDS_AT_REST = 1024;
const FORMAT_8 = 8;
const REMOVE = 1;
const ANY_TYPE = 0;

export const PROPERTY_CHANGE = 0x0040_0000;
export const STRUCTURE_NOTIFY = 0x0002_0000;

export interface DisplayName {
  readonly number: string;
  readonly screen: number;
}

/**
 * Only displays of this machine: another machine's is not this session's desktop, and its port might be anybody's.
 * @throws {AgentError} 'unsupported'
 */
export function parseDisplayName(name: string): DisplayName {
  const match = /^(?:unix)?:(\d{1,5})(?:\.(\d{1,3}))?$/.exec(name);
  if (match === null) throw new AgentError('unsupported', `display ${name} is not a display of this machine`);
  return { number: match[1] ?? '', screen: Number(match[2] ?? 0) };
}

/**
 * A connection to an X server. Errors of requests that have no answer (a window that is gone) are counted and have no
 * other effect; every answer has a deadline, and none is waited for after the connection has ended.
 */
export class XConnection implements AsyncDisposable {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  readonly root: number;
  /** Requests that the server refused without anybody waiting for an answer. */
  errors = 0;
  readonly #client: Client;
  readonly #log: Log;
  readonly #listeners = new Set<(event: XEvent) => void>();
  readonly #waiting = new Set<(error: AgentError) => void>();
  readonly #stream: Socket;
  readonly #sieve: Sieve;
  readonly #resting: number[] = [];
  #alive = true;
  #hasBigRequests = false;
  #isGathering = false;
  #maxRequestBytes = LEAST_REQUEST_BYTES;

  private constructor(client: Client, root: number, ended: Promise<void>, stream: Socket, sieve: Sieve, log: Log) {
    this.#client = client;
    this.#log = log;
    this.#stream = stream;
    this.#sieve = sieve;
    this.root = root;
    this.ended = ended.then(() => {
      this.#alive = false;
      for (const fail of [...this.#waiting]) fail(new AgentError('cancelled', 'the display is gone'));
    });
    // The package shares one table between all connections, but each server has atoms of its own.
    client.atoms = {};
    client.atom_names = {};
    client.on('event', (event) => this.#tell(event));
    client.on('error', (error) => {
      this.errors++;
      log.debug('request refused by the display', { why: error.message });
    });
  }

  /**
   * @throws {AgentError} 'failed' when the server cannot be reached or does not want us, 'timeout', 'cancelled'
   */
  static async open(
    name: DisplayName,
    env: Readonly<Record<string, string | undefined>>,
    log: Log,
    signal: AbortSignal,
  ): Promise<XConnection> {
    const cookie = readCookie(name.number, env);
    const sieve = new Sieve();
    const heard = (bytes: Uint8Array) => {
      const passing = sieve.push(bytes);
      if (passing.length > 0) stream.emit('data', passing);
    };
    const stream = await reach(`/tmp/.X11-unix/X${name.number}`, signal, heard).catch((error: AgentError) => {
      throw new AgentError(error.code, `display :${name.number}: ${error.message}`, { cause: error });
    });
    const ended = new Promise<void>((resolve) => stream.on('close', () => resolve()));
    const client = createClient({ stream, display: `:${name.number}.${name.screen}`, auth: cookie });
    let abort = () => {};
    try {
      const setup = await new Promise<Setup>((resolve, reject) => {
        const fail = (code: 'failed' | 'timeout' | 'cancelled', why: string, cause?: unknown) =>
          reject(new AgentError(code, `display :${name.number}: ${why}`, { cause }));
        const deadline = setTimeout(() => fail('timeout', 'no answer'), SETUP_MS);
        abort = () => fail('cancelled', 'given up');
        signal.addEventListener('abort', abort);
        void ended.then(() => fail('failed', 'the connection was closed'));
        client.on('error', (error) => fail('failed', messageOf(error), error));
        client.on('connect', (display) => {
          clearTimeout(deadline);
          resolve(display);
        });
      });
      const screen = setup.screen[name.screen];
      if (screen === undefined) throw new AgentError('failed', `display :${name.number} has no screen ${name.screen}`);
      const connection = new XConnection(client, screen.root, ended, stream, sieve, log);
      await connection.#enableBigRequests();
      return connection;
    } catch (error) {
      stream.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** For requests without an answer. */
  get client(): Client {
    this.#gather();
    return this.#client;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /**
   * Sends a request that is answered.
   * @throws {AgentError} 'failed': the server refused it; 'timeout'; 'cancelled': the display is gone
   */
  ask<T>(what: string, send: (client: Client, done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#alive) {
        reject(new AgentError('cancelled', `${what}: the display is gone`));
        return;
      }
      const settle = () => {
        clearTimeout(deadline);
        this.#waiting.delete(fail);
      };
      const fail = (error: AgentError) => {
        settle();
        reject(error);
      };
      const deadline = setTimeout(
        () => fail(new AgentError('timeout', `${what}: no answer from the display`)),
        ANSWER_MS,
      );
      this.#waiting.add(fail);
      send(this.client, (error, result) => {
        if (error) fail(new AgentError('failed', `${what}: ${messageOf(error)}`, { cause: error }));
        else {
          settle();
          resolve(result);
        }
        return true;
      });
    });
  }

  listen(listener: (event: XEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async atoms<const N extends string>(names: readonly N[]): Promise<Readonly<Record<N, number>>> {
    const pairs = names.map(
      async (name) => [name, await this.ask<number>('atom', (x, done) => x.InternAtom(false, name, done))] as const,
    );
    return Object.fromEntries(await Promise.all(pairs)) as Record<N, number>;
  }

  /** Most bytes that fit into a property with one request. */
  get maxPropertyBytes(): number {
    return this.#maxRequestBytes - CHANGE_PROPERTY_BYTES;
  }

  /** Everything that was asked so far is with the server, or on its way there. */
  get isFlushed(): boolean {
    return this.#stream.writableLength === 0;
  }

  /**
   * Replaces a property by bytes, at most `maxPropertyBytes`. The package has a request for that, which knows no long ones
   * and copies twice.
   * @param parts not to change until `isFlushed`
   */
  putBytes(window: number, property: number, type: number, parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const words = Math.ceil((CHANGE_PROPERTY_BYTES + length) / 4);
    const head = Buffer.allocUnsafe(CHANGE_PROPERTY_BYTES);
    const isBig = this.#hasBigRequests;
    head.writeUInt8(CHANGE_PROPERTY, 0);
    head.writeUInt8(REPLACE, 1);
    head.writeUInt16LE(isBig ? 0 : words - 1, 2);
    if (isBig) head.writeUInt32LE(words, 4);
    const fields = [window, property, type, FORMAT_8, length];
    for (const [index, field] of fields.entries()) head.writeUInt32LE(field, 8 + 4 * index);
    // Without the extension there is no second length: the other words are one place further to the front.
    if (!isBig) head.copyWithin(4, 8);
    const padding = Buffer.alloc(4 * words - CHANGE_PROPERTY_BYTES - length);
    const { client } = this;
    client.seq_num++;
    client.pack_stream.put(isBig ? head : head.subarray(0, -4));
    for (const part of parts) client.pack_stream.put(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    if (padding.length > 0) client.pack_stream.put(padding);
    client.pack_stream.submit(false);
  }

  /**
   * Reads a property, whose value `take` is given as it comes, and takes it away unless there is more of it than `maxBytes`.
   * @throws {AgentError} as `ask`
   */
  async takeProperty(window: number, property: number, maxBytes: number, take: TakeValue): Promise<void> {
    const words = Math.ceil(maxBytes / 4);
    await this.ask<Property>('a property', (client, done) => {
      client.GetProperty(REMOVE, window, property, ANY_TYPE, 0, words, done);
      this.#sieve.expect(client.seq_num, take);
    });
  }

  /** A window that is never seen: something to talk with. */
  createWindow(eventMask: number): { readonly id: number } & Disposable {
    const { client } = this;
    const id = client.AllocID();
    client.CreateWindow(id, this.root, -1, -1, 1, 1, 0, 0, INPUT_ONLY, 0, { eventMask });
    return { id, [Symbol.dispose]: () => this.#destroyWindow(id) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#alive = false;
    this.#writeOut();
    this.#stream.destroy();
    await this.ended;
  }

  /** A server without them has smaller requests. */
  async #enableBigRequests(): Promise<void> {
    try {
      const big = await this.ask<BigRequests>('BIG-REQUESTS', (client, done) => client.require('big-requests', done));
      const words = await this.ask<number>('BIG-REQUESTS', (_, done) => big.Enable(done));
      this.#hasBigRequests = true;
      this.#maxRequestBytes = 4 * words;
    } catch (error) {
      if (!this.#alive) throw error;
      this.#log.debug('the display has no long requests', { error });
    }
  }

  /** What is asked in one go is written in one go: each write wakes the server. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#stream.cork();
    process.nextTick(() => this.#writeOut());
  }

  #writeOut(): void {
    if (!this.#isGathering) return;
    this.#isGathering = false;
    this.#stream.uncork();
  }

  #destroyWindow(id: number): void {
    if (!this.#alive) return;
    this.client.DestroyWindow(id);
    this.#resting.push(id);
    const rested = this.#resting.length > IDS_AT_REST ? this.#resting.shift() : undefined;
    if (rested !== undefined) this.#client.ReleaseID(rested);
  }

  #tell(event: XEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#log.error('a display event could not be handled', { event: event.name, error });
      }
    }
  }
}

function readCookie(display: string, env: Readonly<Record<string, string | undefined>>): Cookie {
  const file = env.XAUTHORITY || path.join(env.HOME || homedir(), '.Xauthority');
  const none: Cookie = { name: '', data: '' };
  try {
    return findCookie(readFileSync(file), display, hostname()) ?? none;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return none;
    throw new AgentError('failed', `display :${display}: its key cannot be read from ${file}`, { cause: error });
  }
}
