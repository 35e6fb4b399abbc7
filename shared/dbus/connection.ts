import { connect, Socket } from 'node:net';
import { AgentError, messageOf } from '#shared/errors.ts';
import { connectUnix } from '#shared/native/unix-socket.ts';
import { decode, encode, type Message } from './codec.ts';
import { MessageFrames } from './frames.ts';
import { BEGIN, greeting, HandshakeReader } from './handshake.ts';
import type { Emission, Question, Reply } from './offer.ts';
import type { Call, Signal, Value } from './values.ts';

/** For authentication and Hello together. */
const OPEN_TIMEOUT_MS = 10_000;
const MAX_PENDING_CALLS = 1024;
/** What a bus that does not read may hold up here. */
const MAX_UNWRITTEN_BYTES = 16 * 1024 * 1024;
/** A string ends with one. D-Bus specification, Marshaling */
const NUL_BYTES = 1;

const HELLO: Call = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'Hello',
};

interface Pending {
  readonly resolve: (body: readonly Value[]) => void;
  readonly reject: (error: AgentError) => void;
  readonly deadline: NodeJS.Timeout;
}

export interface ConnectionEvents {
  /** The bus has answered Hello; calls are possible from here on. */
  onOpen(): void;
  onSignal(signal: Signal): void;
  /** @returns the answer to a call of us; undefined for what there is not */
  onCall(question: Question): Reply | undefined;
  /** Once, after every pending call was rejected. Also for a connection that never came up. */
  onLost(reason: AgentError): void;
}

/** One life of a connection to a bus. Whatever goes wrong in it, a throw of the parser included, ends only it. */
export class Connection {
  readonly #socket: Socket;
  readonly #handshake = new HandshakeReader();
  readonly #frames = new MessageFrames();
  readonly #pending = new Map<number, Pending>();
  readonly #openDeadline: NodeJS.Timeout;
  #authenticated = false;
  #lost = false;
  #serial = 0;

  /**
   * @param path of a file, or a NUL and an abstract name
   * @throws {Error} errno error if an abstract name cannot be reached; a file's errors come as `onLost`
   */
  constructor(
    path: string,
    private readonly events: ConnectionEvents,
  ) {
    this.#socket = open(path);
    this.#openDeadline = setTimeout(() => this.#lose('timeout', 'the bus does not answer'), OPEN_TIMEOUT_MS);
    this.#socket.write(greeting(process.getuid?.() ?? 0));
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('error', (error) => this.#lose('failed', error.message));
    this.#socket.on('close', () => this.#lose('failed', 'the bus has closed the connection'));
  }

  /**
   * @returns the body of the answer
   * @throws {AgentError} 'not-found' no such service, object or method; 'refused' not allowed; 'timeout'; 'failed' any
   *   other answer; 'cancelled' the bus is gone; 'invalid-argument' the body does not fit the signature
   */
  call(call: Call, timeoutMs: number): Promise<readonly Value[]> {
    return new Promise((resolve, reject) => {
      if (this.#lost) throw new AgentError('cancelled', 'the bus is gone');
      if (this.#pending.size >= MAX_PENDING_CALLS) throw new AgentError('refused', 'too many calls wait for answers');
      const serial = this.#nextSerial();
      const bytes = encode({ ...call, type: 'call', serial, body: call.body ?? [] });
      const deadline = setTimeout(() => {
        this.#pending.delete(serial);
        reject(new AgentError('timeout', `${call.interface}.${call.member}: no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(serial, { resolve, reject, deadline });
      this.#write(bytes);
    });
  }

  /** @throws {AgentError} 'invalid-argument' the body does not fit the signature */
  emit({ ending, ...signal }: Emission): void {
    const bytes = encode({ type: 'signal', serial: this.#nextSerial(), ...signal });
    if (ending === undefined) return this.#write(bytes);
    bytes.set(ending, bytes.length - NUL_BYTES - ending.length);
    this.#write(bytes, () => bytes.fill(0));
  }

  /** Idempotent; `onLost` is told. */
  close(): void {
    this.#lose('cancelled', 'the connection was closed');
  }

  #receive(bytes: Buffer): void {
    try {
      const rest = this.#authenticated ? bytes : this.#handshake.push(bytes);
      if (rest === undefined) return;
      if (!this.#authenticated) this.#begin();
      this.#frames.push(rest, (frame) => {
        const message = decode(frame);
        if (message !== undefined && !this.#lost) this.#dispatch(message);
      });
    } catch (error) {
      this.#lose(error instanceof AgentError ? error.code : 'failed', messageOf(error));
    }
  }

  #begin(): void {
    this.#authenticated = true;
    this.#write(Buffer.from(BEGIN));
    this.call(HELLO, OPEN_TIMEOUT_MS).then(
      () => {
        clearTimeout(this.#openDeadline);
        if (!this.#lost) this.events.onOpen();
      },
      (error: AgentError) => this.#lose(error.code, `the bus refuses us: ${error.message}`),
    );
  }

  #dispatch(message: Message): void {
    switch (message.type) {
      case 'return':
      case 'error':
        return this.#settle(message);
      case 'signal': {
        const { sender, path, interface: iface, member, body } = message;
        if (sender === undefined || path === undefined || iface === undefined || member === undefined) return;
        return this.events.onSignal({ sender, path, interface: iface, member, body });
      }
      case 'call':
        return this.#answer(message);
    }
  }

  #settle(message: Message): void {
    const pending = this.#pending.get(message.replySerial ?? 0);
    if (pending === undefined) return; // its deadline came first
    this.#pending.delete(message.replySerial ?? 0);
    clearTimeout(pending.deadline);
    if (message.type === 'return') pending.resolve(message.body);
    else pending.reject(remoteError(message));
  }

  /** Whoever asks for what there is not gets an answer too and need not wait. */
  #answer({ noReply, sender, path, interface: iface, member, serial: replySerial }: Message): void {
    if (noReply || sender === undefined) return;
    const isQuestion = path !== undefined && member !== undefined;
    const reply = isQuestion ? this.events.onCall({ path, interface: iface, member }) : undefined;
    const to = { serial: this.#nextSerial(), replySerial, destination: sender };
    if (reply !== undefined) return this.#write(encode({ type: 'return', ...to, ...reply }));
    const errorName = 'org.freedesktop.DBus.Error.UnknownMethod';
    this.#write(encode({ type: 'error', ...to, errorName, signature: 's', body: ['there is no such method here'] }));
  }

  /** @param done called when the bytes are not needed any more */
  #write(bytes: Buffer, done: () => void = () => {}): void {
    if (this.#socket.writableLength + bytes.length <= MAX_UNWRITTEN_BYTES) {
      this.#socket.write(bytes, done);
      return;
    }
    done();
    this.#lose('failed', 'the bus does not read');
  }

  #nextSerial(): number {
    this.#serial = this.#serial === 0xffff_ffff ? 1 : this.#serial + 1;
    return this.#serial;
  }

  #lose(code: AgentError['code'], message: string): void {
    if (this.#lost) return;
    this.#lost = true;
    clearTimeout(this.#openDeadline);
    this.#socket.destroy();
    for (const { reject, deadline } of this.#pending.values()) {
      clearTimeout(deadline);
      reject(new AgentError('cancelled', 'the bus is gone'));
    }
    this.#pending.clear();
    this.events.onLost(new AgentError(code, message));
  }
}

/** node:net fills abstract names up with NULs to their longest: a bus is not found under such a name. */
function open(path: string): Socket {
  return path.startsWith('\0') ? new Socket({ fd: connectUnix(path), readable: true, writable: true }) : connect(path);
}

const CODES: ReadonlyMap<string, AgentError['code']> = new Map([
  ['ServiceUnknown', 'not-found'],
  ['NameHasNoOwner', 'not-found'],
  ['UnknownObject', 'not-found'],
  ['UnknownInterface', 'not-found'],
  ['UnknownMethod', 'not-found'],
  ['UnknownProperty', 'not-found'],
  ['AccessDenied', 'refused'],
  ['InteractiveAuthorizationRequired', 'refused'],
  ['NoReply', 'timeout'],
  ['Timeout', 'timeout'],
  ['TimedOut', 'timeout'],
]);

function remoteError({ errorName = 'an unnamed error', body }: Message): AgentError {
  const [, standard = ''] = /^org\.freedesktop\.DBus\.Error\.(\w+)$/.exec(errorName) ?? [];
  const code = /\.NoSuch\w+$/.test(errorName) ? 'not-found' : (CODES.get(standard) ?? 'failed');
  const [text] = body;
  return new AgentError(code, typeof text === 'string' ? `${errorName}: ${text.slice(0, 200)}` : errorName);
}
