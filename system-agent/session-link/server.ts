import { closeSync } from 'node:fs';
import { type HelloFromSession, helloFromSystem } from '#protocol/ipc/messages/hello.ts';
import { chooseVersion } from '#protocol/ipc/peer/hello.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import { LimitedLog } from '#shared/log/limited.ts';
import type { Log } from '#shared/log/log.ts';
import { PeerProcess, peerCredentials } from '#shared/native/peer-identity.ts';
import { type Watch, watchReadiness } from '#shared/native/readiness.ts';
import { acceptUnix } from '#shared/native/unix-socket.ts';
import type { ListeningSocket } from '#shared/socket/listening-socket.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { Connection } from './connection.ts';
import { AgentRegistry, type Objection, type RegisteredAgent } from './registry.ts';
import { ServedAgents, type ServedDecision } from './served.ts';
import type { SessionLink } from './session-link.ts';

export const MAX_CONNECTIONS = 128;
export const MAX_CONNECTIONS_OF_USER = 16;
/** Clients taken in one turn of the loop: one that only connects must not keep us from the others. */
const ACCEPTS_PER_TURN = 64;
const ACCEPT_AGAIN_MS = [100, 5_000] as const;
/** A path that somebody else holds, or that we may not use, is a state (L4). */
const LISTEN_AGAIN_MS = [1_000, 60_000] as const;

const REFUSED = 'session agent refused';

export interface LinkServerOptions {
  /** How to get the listening socket: `openLinkSocket`, or one that was handed down. */
  readonly listen: () => ListeningSocket;
  readonly sessions: Sessions;
  readonly decision: ServedDecision;
  /** Users that are served where there is no logind. */
  readonly allowUids: ReadonlySet<number>;
  /** What we say we are. */
  readonly build: string;
  readonly log: Log;
}

/** What came in, since the start. */
export interface LinkCounters {
  accepted: number;
  /** Closed before anything was read: too many, or the process had ended. */
  turnedAway: number;
  /** Ended by us: no proof of a session, broken rules, silence. */
  refused: number;
}

/** The system agent's side of the session link: takes connections from any local user and finds the agents among them. */
export class LinkServer implements Service {
  readonly name = 'session-link';
  readonly counters: LinkCounters = { accepted: 0, turnedAway: 0, refused: 0 };
  readonly #options: LinkServerOptions;
  readonly #log: Log;
  readonly #registry: AgentRegistry;
  readonly #served: ServedAgents;
  readonly #connections = new Set<Connection>();
  readonly #acceptBackoff = new Backoff(...ACCEPT_AGAIN_MS);
  readonly #listenBackoff = new Backoff(...LISTEN_AGAIN_MS);
  #listener: ListeningSocket | undefined;
  #arrivals: Watch | undefined;
  #again: Disposable | undefined;
  #subscriptions: readonly Disposable[] = [];

  constructor(options: LinkServerOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.log);
    this.#registry = new AgentRegistry(options.sessions, options.allowUids);
    this.#served = new ServedAgents(options.decision, this.#registry, options.log);
  }

  /** What doors use. */
  get link(): SessionLink {
    return this.#served;
  }

  async start(): Promise<void> {
    const { sessions, decision } = this.#options;
    this.#subscriptions = [sessions.onChange(() => this.#recheck()), decision.onServed(() => this.#served.refresh())];
    this.#listen();
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#again?.[Symbol.dispose]();
    this.#arrivals?.close();
    this.#listener?.close();
    this.#listener = undefined;
    for (const connection of [...this.#connections]) this.#drop(connection);
    this.#served.agentsChanged();
  }

  #listen(): void {
    try {
      this.#listener = this.#options.listen();
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      const delayMs = this.#listenBackoff.next();
      this.#log.warn('sessions cannot connect', { reason: error.message, delayMs });
      this.#again = after(delayMs, () => this.#listen());
      return;
    }
    this.#watchArrivals();
  }

  /** Who comes before it is known who is logged in waits in the kernel: now all would be refused, and come again late. */
  #watchArrivals(): void {
    if (this.#listener === undefined || this.#arrivals !== undefined) return;
    if (this.#options.sessions.snapshot.source === 'unknown') return;
    this.#arrivals = watchReadiness(this.#listener.fd, () => this.#accept());
  }

  #accept(): void {
    this.#again?.[Symbol.dispose]();
    if (this.#listener === undefined) return;
    try {
      for (let count = 0; count < ACCEPTS_PER_TURN; count++) {
        const fd = acceptUnix(this.#listener.fd);
        if (fd === undefined) return;
        this.#receive(fd);
        this.#acceptBackoff.reset();
      }
      this.#again = after(0, () => this.#accept());
    } catch (error) {
      // Out of descriptors or memory: clients wait in the kernel, and no edge will tell again (S7).
      const delayMs = this.#acceptBackoff.next();
      this.#log.warn('clients of the session link cannot be accepted now', { reason: messageOf(error), delayMs });
      this.#again = after(delayMs, () => this.#accept());
    }
  }

  /** @throws {Error} errno error; the client is closed then */
  #receive(fd: number): void {
    this.counters.accepted++;
    let process: PeerProcess | undefined;
    try {
      process = this.#admit(fd);
    } finally {
      if (process === undefined) closeSync(fd);
    }
    if (process === undefined) {
      this.counters.turnedAway++;
      return;
    }
    const events = {
      greeted: (from: Connection, hello: HelloFromSession) => this.#greet(from, hello),
      ended: (from: Connection, reason: AgentError | undefined) => this.#onEnd(from, reason),
    };
    this.#connections.add(new Connection(fd, process, events, this.#log));
  }

  #admit(fd: number): PeerProcess | undefined {
    const { uid, pid } = peerCredentials(fd);
    const sameUser = [...this.#connections].filter((one) => one.uid === uid).length;
    if (this.#connections.size >= MAX_CONNECTIONS || sameUser >= MAX_CONNECTIONS_OF_USER) {
      this.#log.warn('too many connections to the session link', { uid, pid, connections: this.#connections.size });
      return undefined;
    }
    const process = PeerProcess.of(fd);
    if (process === undefined) this.#log.warn(REFUSED, { uid, pid, reason: 'the process has ended' });
    return process;
  }

  /** @throws {AgentError} */
  #greet(connection: Connection, hello: HelloFromSession): void {
    const version = chooseVersion(hello);
    const { session, displaced } = this.#registry.add(connection, hello);
    if (displaced !== undefined) this.#dismiss(displaced);
    connection.peer.greet(helloFromSystem, { version, build: this.#options.build, session });
    this.#log.info('session agent connected', { ...fieldsOf(connection), session, build: hello.build });
    this.#served.agentsChanged();
  }

  #onEnd(connection: Connection, reason: AgentError | undefined): void {
    this.#connections.delete(connection);
    const agent = this.#registry.remove(connection);
    if (agent !== undefined) this.#lose(agent, reason);
    else if (reason !== undefined) {
      this.counters.refused++;
      this.#log.warn(REFUSED, { ...fieldsOf(connection), reason: reason.message });
    }
    if (agent !== undefined) this.#served.agentsChanged();
  }

  #recheck(): void {
    this.#watchArrivals();
    const gone = this.#registry.recheck();
    for (const objection of gone) this.#dismiss(objection);
    if (gone.length > 0) this.#served.agentsChanged();
  }

  #dismiss({ agent, reason }: Objection): void {
    this.#drop(agent.connection, reason);
    this.#lose(agent, reason);
  }

  #lose({ connection, session }: RegisteredAgent, reason: AgentError | undefined): void {
    if (reason !== undefined) this.counters.refused++;
    const fields = { ...fieldsOf(connection), session, ...connection.peer.counters };
    if (reason === undefined) this.#log.info('session agent left', fields);
    else this.#log.warn('session agent dropped', { ...fields, reason: reason.message });
  }

  #drop(connection: Connection, reason?: AgentError): void {
    this.#connections.delete(connection);
    this.#registry.remove(connection);
    connection.close(reason);
  }
}

function fieldsOf({ uid, process }: Connection) {
  return { uid, pid: process.credentials.pid };
}
