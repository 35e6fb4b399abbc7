import { closeSync } from 'node:fs';
import type { Request } from '#protocol/ipc/definition.ts';
import { type HelloFromSession, helloFromSystem } from '#protocol/ipc/messages/hello.ts';
import { chooseVersion } from '#protocol/ipc/peer/hello.ts';
import { AgentError } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import { LimitedLog } from '#shared/log/limited.ts';
import type { Log } from '#shared/log/log.ts';
import { PeerProcess, peerCredentials } from '#shared/native/peer-identity.ts';
import { Acceptor } from '#shared/socket/acceptor.ts';
import type { ListeningSocket } from '#shared/socket/listening-socket.ts';
import type { SessionAgents } from '../session-control/session-control.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { Connection } from './connection.ts';
import { AgentRegistry, type Objection, type RegisteredAgent } from './registry.ts';
import { ServedAgents, type ServedDecision } from './served.ts';
import type { SessionLink } from './session-link.ts';

export const MAX_CONNECTIONS = 128;
export const MAX_CONNECTIONS_OF_USER = 16;

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
export class LinkServer implements Service, SessionAgents {
  readonly name = 'session-link';
  readonly counters: LinkCounters = { accepted: 0, turnedAway: 0, refused: 0 };
  readonly #options: LinkServerOptions;
  readonly #log: Log;
  readonly #registry: AgentRegistry;
  readonly #served: ServedAgents;
  readonly #connections = new Set<Connection>();
  readonly #acceptor: Acceptor;
  #subscriptions: readonly Disposable[] = [];

  constructor(options: LinkServerOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.log);
    this.#registry = new AgentRegistry(options.sessions, options.allowUids);
    this.#served = new ServedAgents(options.decision, this.#registry, options.log);
    this.#acceptor = new Acceptor({
      listen: options.listen,
      receive: (fd) => this.#receive(fd),
      // Who comes before it is known who is logged in waits in the kernel: now all would be refused, and come again late.
      ready: () => options.sessions.snapshot.source !== 'unknown',
      complaint: 'sessions cannot connect',
      log: this.#log,
    });
  }

  /** What doors use. */
  get link(): SessionLink {
    return this.#served;
  }

  /** The agents that have said hello, for those who ask how the agent is. */
  get agents(): readonly RegisteredAgent[] {
    return this.#registry.agents;
  }

  hasAgent(session: string): boolean {
    return this.#registry.agentOf(session) !== undefined;
  }

  async ask<Body, Result>(
    session: string,
    message: Request<Body, Result>,
    body: Body,
    timeoutMs: number,
  ): Promise<Result> {
    const agent = this.#registry.agentOf(session);
    if (agent === undefined) throw new AgentError('not-found', `session ${session} has no agent`);
    return agent.connection.peer.call(message, body, timeoutMs);
  }

  async start(): Promise<void> {
    const { sessions, decision } = this.#options;
    this.#subscriptions = [sessions.onChange(() => this.#recheck()), decision.onServed(() => this.#served.refresh())];
    this.#acceptor.start();
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#acceptor.stop();
    for (const connection of [...this.#connections]) this.#drop(connection);
    this.#served.agentsChanged();
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
    this.#acceptor.proceed();
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
