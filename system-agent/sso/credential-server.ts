import { closeSync } from 'node:fs';
import { wipeable } from '#shared/bytes/wipeable.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Log } from '#shared/log/log.ts';
import { type PeerCredentials, peerCredentials } from '#shared/native/peer-identity.ts';
import { connectUnix, listenUnix } from '#shared/native/unix-socket.ts';
import { Acceptor } from '#shared/socket/acceptor.ts';
import { ByteStream } from '#shared/socket/byte-stream.ts';
import { TOKEN_LENGTH } from './token.ts';

/** Greeters come one at a time; who only connects must not keep them out. */
const MAX_CONNECTIONS = 8;
const BACKLOG = 8;
/** The original module waits three seconds for its answer. */
const ANSWER_MS = 2_000;

export interface CredentialServerParts {
  /** A NUL and an abstract name. */
  readonly name: string;
  /**
   * Whether the token is the right one.
   * @returns what is sent, which is wiped then; undefined for nothing
   */
  readonly take: (token: Buffer) => Buffer | undefined;
  /** Told after each change of `obstacle`. */
  readonly changed: () => void;
  readonly log: Log;
  /** Whose processes are served. Default: root's, as PAM modules of greeters and lock screens are. */
  readonly uid?: number;
}

/**
 * The socket at which PAM modules show their token and get user and password. An abstract name has no permissions: the kernel
 * says who connects, and anybody can have the name before us, who would be shown tokens and nothing else.
 */
export class CredentialServer {
  readonly #parts: CredentialServerParts;
  readonly #acceptor: Acceptor;
  readonly #connections = new Set<Connection>();
  #obstacle: string | undefined = 'the credential socket is closed';

  constructor(parts: CredentialServerParts) {
    this.#parts = parts;
    this.#acceptor = new Acceptor({
      listen: () => this.#listen(),
      receive: (fd) => this.#receive(fd),
      complaint: 'nobody can be logged in by the host',
      log: parts.log,
    });
  }

  /** Why no module can reach us; undefined while we listen. */
  get obstacle(): string | undefined {
    return this.#obstacle;
  }

  start(): void {
    this.#acceptor.start();
  }

  /** Idempotent. */
  stop(): void {
    this.#acceptor.stop();
    for (const connection of [...this.#connections]) connection.close();
    this.#become('the credential socket is closed');
  }

  #listen(): { readonly fd: number; close(): void } {
    const { name } = this.#parts;
    try {
      const fd = listenUnix(name, BACKLOG);
      this.#become(undefined);
      return { fd, close: () => closeSync(fd) };
    } catch (error) {
      const why = `cannot listen for credentials: ${squatter(name) ?? messageOf(error)}`;
      this.#become(why);
      throw new AgentError('failed', why, { cause: error });
    }
  }

  #receive(fd: number): void {
    const { log, uid = 0, take } = this.#parts;
    let peer: PeerCredentials;
    try {
      peer = peerCredentials(fd);
    } catch (error) {
      closeSync(fd);
      return log.warn('a caller at the credential socket is not known', { error });
    }
    if (peer.uid !== uid || this.#connections.size >= MAX_CONNECTIONS) {
      closeSync(fd);
      return log.warn('a caller at the credential socket is turned away', { pid: peer.pid, uid: peer.uid });
    }
    const connection = new Connection(fd, {
      take: (token) => {
        const block = take(token);
        log.info(block === undefined ? 'a token was refused' : 'a login was taken', { pid: peer.pid });
        return block;
      },
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  #become(obstacle: string | undefined): void {
    if (obstacle === this.#obstacle) return;
    this.#obstacle = obstacle;
    this.#parts.changed();
  }
}

/** Who has the name, as the kernel noted it when they began to listen. */
function squatter(name: string): string | undefined {
  try {
    const fd = connectUnix(name);
    try {
      const { pid, uid } = peerCredentials(fd);
      return `process ${pid} of user ${uid} has taken the name`;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** One question and its answer. A token is all that is read, and its length is known. */
class Connection {
  readonly #stream: ByteStream;
  readonly #deadline: Disposable;
  readonly #events: { take(token: Buffer): Buffer | undefined; closed(): void };
  readonly #token = wipeable(TOKEN_LENGTH);
  #length = 0;
  #isClosed = false;

  constructor(fd: number, events: { take(token: Buffer): Buffer | undefined; closed(): void }) {
    this.#events = events;
    this.#deadline = after(ANSWER_MS, () => this.#answer());
    this.#stream = new ByteStream(
      fd,
      {
        present: () => {},
        data: (bytes) => this.#read(bytes),
        drained: () => {},
        ended: (gone) => (gone ? this.close() : this.#answer()),
        failed: () => this.close(),
      },
      { paused: false, device: false, highWater: TOKEN_LENGTH },
    );
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#token.fill(0);
    this.#deadline[Symbol.dispose]();
    this.#stream.close();
    this.#events.closed();
  }

  #read(bytes: Uint8Array): void {
    const part = bytes.subarray(0, TOKEN_LENGTH - this.#length);
    this.#token.set(part, this.#length);
    this.#length += part.length;
    if (part.length < bytes.length) this.#length = 0; // longer than any token
    if (part.length < bytes.length || this.#length === TOKEN_LENGTH) this.#answer();
  }

  /** In one piece: the original module reads once. A new socket's buffer takes it at once. */
  #answer(): void {
    if (this.#isClosed) return;
    const block = this.#events.take(this.#token.subarray(0, this.#length));
    if (block !== undefined) {
      this.#stream.write(block);
      block.fill(0);
    }
    this.close();
  }
}
