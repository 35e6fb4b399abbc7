import type { Notification, Request } from '#protocol/ipc/definition.ts';
import type { Link } from '#protocol/ipc/link.ts';
import { type HelloFromSession, LINK_VERSION, OLDEST_LINK_VERSION } from '#protocol/ipc/messages/hello.ts';
import { Handlers } from '#protocol/ipc/peer/handlers.ts';
import type { StreamTerms } from '#protocol/ipc/peer/incoming-streams.ts';
import type { Content, Flow } from '#shared/bytes/flow.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { connectUnix } from '#shared/native/unix-socket.ts';
import { Connection } from './connection.ts';

export const DEFAULT_LINK_PATH = '/run/uga/link.sock';

const CONNECT_AGAIN_MS = [100, 5_000] as const;
/** Longest delay while nobody listens: looking costs one call, and an agent that starts anew is to be found soon. */
const LOOK_AGAIN_MS = 1_000;
/** Of a delay, at least so much; the rest is chance, so that sessions do not all come at once. */
const LEAST_OF_DELAY = 0.5;

/** What this session agent says of itself at each connection. */
export type Introduction = Pick<HelloFromSession, 'build' | 'display' | 'features' | 'session'> &
  Partial<Pick<HelloFromSession, 'ways'>>;

export interface SystemLinkOptions {
  readonly path: string;
  readonly introduction: Introduction;
  /** The session has another agent: this one is of no use and connects no more. */
  readonly taken: (why: string) => void;
  readonly log: Log;
}

/**
 * The session agent's end of the link. It outlives the system agent: handlers stay, what waits when a connection goes is
 * 'cancelled', and features say again how things are when the link is up.
 */
export class SystemLink implements Link, Service {
  readonly name = 'system-link';
  readonly #options: SystemLinkOptions;
  readonly #handlers = new Handlers('session');
  readonly #backoff = new Backoff(...CONNECT_AGAIN_MS);
  readonly #ups = new Set<() => void>();
  readonly #downs = new Set<() => void>();
  #connection: Connection | undefined;
  #again: Disposable | undefined;
  /** Why the last attempt failed: said once, not at each attempt. */
  #complaint: string | undefined;

  constructor(options: SystemLinkOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#connect();
  }

  async stop(): Promise<void> {
    this.#again?.[Symbol.dispose]();
    this.#leave();
  }

  get isUp(): boolean {
    return this.#connection?.peer.isUp ?? false;
  }

  /** Called each time when both sides have said hello; the session's rights are all false until a message says more. */
  onUp(listener: () => void): Disposable {
    return add(this.#ups, listener);
  }

  /** Called each time when a link that was up is gone; no right is left then. */
  onDown(listener: () => void): Disposable {
    return add(this.#downs, listener);
  }

  notify<Body>(message: Notification<Body>, body: Body): void {
    this.#connection?.peer.notify(message, body);
  }

  async call<Body, Result>(message: Request<Body, Result>, body: Body, timeoutMs: number): Promise<Result> {
    return this.#present().peer.call(message, body, timeoutMs);
  }

  on<Body>(message: Notification<Body>, handler: (body: Body) => void): Disposable {
    return this.#handlers.on(message, handler);
  }

  handle<Body, Result>(
    message: Request<Body, Result>,
    handler: (body: Body, signal: AbortSignal) => Promise<Result>,
  ): Disposable {
    return this.#handlers.handle(message, handler);
  }

  /** @throws {AgentError} 'cancelled' while the link is down, 'refused' when too many streams are open */
  sendStream(content: Content): number {
    return this.#present().peer.sendStream(content);
  }

  async receiveStream(id: number, maxBytes: number, idleMs: number): Promise<Buffer> {
    return this.#present().peer.receiveStream(id, maxBytes, idleMs);
  }

  openStream(id: number, terms: Omit<StreamTerms, 'signal'>): Flow {
    return this.#present().peer.openStream(id, terms);
  }

  #present(): Connection {
    if (this.#connection === undefined) throw new AgentError('cancelled', 'the session link is down');
    return this.#connection;
  }

  #connect(): void {
    const { path, introduction, log } = this.#options;
    try {
      const hello = {
        oldest: OLDEST_LINK_VERSION,
        newest: LINK_VERSION,
        ...introduction,
        ways: introduction.ways,
      };
      const events = {
        up: (session: string) => this.#onUp(session),
        ended: (reason: string) => this.#onEnd(reason),
        taken: (reason: string) => {
          this.#leave();
          this.#options.taken(reason);
        },
      };
      this.#connection = new Connection(connectUnix(path), hello, this.#handlers, events, log);
    } catch (error) {
      this.#onEnd(messageOf(error), LOOK_AGAIN_MS);
    }
  }

  #onUp(session: string): void {
    this.#backoff.reset();
    this.#complaint = undefined;
    this.#options.log.info('connected to the system agent', { session });
    this.#tell(this.#ups);
  }

  #onEnd(reason: string, longestMs = Number.POSITIVE_INFINITY): void {
    const delay = Math.min(this.#backoff.next(), longestMs);
    this.#again = after(delay * (LEAST_OF_DELAY + (1 - LEAST_OF_DELAY) * Math.random()), () => this.#connect());
    if (reason !== this.#complaint) this.#options.log.warn('no system agent', { path: this.#options.path, reason });
    this.#complaint = reason;
    this.#leave();
  }

  #leave(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    if (connection?.wasUp) this.#tell(this.#downs);
  }

  #tell(listeners: ReadonlySet<() => void>): void {
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch (error) {
        this.#options.log.error('a listener of the link failed', { error });
      }
    }
  }
}

function add(listeners: Set<() => void>, listener: () => void): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => listeners.delete(listener) };
}
