import { closeSync } from 'node:fs';
import { formatStatus } from '#protocol/control/message.ts';
import type { AgentStatus } from '#protocol/control/status.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import { LimitedLog } from '#shared/log/limited.ts';
import type { Log } from '#shared/log/log.ts';
import { peerCredentials } from '#shared/native/peer-identity.ts';
import { Acceptor } from '#shared/socket/acceptor.ts';
import type { ListeningSocket } from '#shared/socket/listening-socket.ts';
import { ControlConnection } from './connection.ts';

/** Of all users but root, who always gets in (S7). */
export const MAX_CONNECTIONS = 32;
export const MAX_CONNECTIONS_OF_USER = 4;
export const MAX_CONNECTIONS_OF_ROOT = 16;

export interface ControlServerOptions {
  readonly listen: () => ListeningSocket;
  /** How the agent is, as this user may know it. */
  readonly statusFor: (uid: number) => AgentStatus;
  readonly log: Log;
}

/** Answers local users who ask how the agent is. It reads and changes nothing; with nobody there it does nothing at all. */
export class ControlServer implements Service {
  readonly name = 'control';
  readonly #options: ControlServerOptions;
  readonly #log: Log;
  readonly #acceptor: Acceptor;
  /** With the user of each. */
  readonly #connections = new Map<ControlConnection, number>();

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.log);
    this.#acceptor = new Acceptor({
      listen: options.listen,
      receive: (fd) => this.#receive(fd),
      complaint: 'nobody can ask how the agent is',
      log: this.#log,
    });
  }

  async start(): Promise<void> {
    this.#acceptor.start();
  }

  async stop(): Promise<void> {
    this.#acceptor.stop();
    for (const connection of this.#connections.keys()) connection.close();
    this.#connections.clear();
  }

  /** @throws {Error} errno error; the client is closed then */
  #receive(fd: number): void {
    let uid: number | undefined;
    try {
      uid = this.#admit(fd);
    } finally {
      if (uid === undefined) closeSync(fd);
    }
    if (uid === undefined) return;
    const user = uid;
    const connection: ControlConnection = new ControlConnection(fd, {
      status: () => formatStatus(this.#options.statusFor(user)),
      ended: () => this.#connections.delete(connection),
    });
    this.#connections.set(connection, user);
  }

  /** @returns the user, undefined for one too many */
  #admit(fd: number): number | undefined {
    const { uid, pid } = peerCredentials(fd);
    const users = [...this.#connections.values()];
    const own = users.filter((one) => one === uid).length;
    const others = users.filter((one) => one !== 0).length;
    const isFull =
      uid === 0 ? own >= MAX_CONNECTIONS_OF_ROOT : own >= MAX_CONNECTIONS_OF_USER || others >= MAX_CONNECTIONS;
    if (!isFull) return uid;
    this.#log.warn('too many ask how the agent is', { uid, pid });
    return undefined;
  }
}
