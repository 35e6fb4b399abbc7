import { symlinkSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { ourProgram, type RunningAgent, safeEnvironment } from '#test/support/agents.ts';
import { assertHarmless } from '#test/support/oracle.ts';
import { Program, temporaryFolder } from '#test/support/programs.ts';
import { QmpClient } from './client.ts';

/** Where an agent answers, or should. */
type Guest = Pick<RunningAgent, 'socket'>;

/** `uga host qmp` as a process, in front of an agent that can be replaced by another. */
export class Front implements AsyncDisposable {
  readonly #folder = temporaryFolder();
  readonly #clients: QmpClient[] = [];
  readonly socket = path.join(this.#folder.path, 'qmp.sock');
  readonly #guest = path.join(this.#folder.path, 'qga.sock');
  program = this.#start();

  static async before(agent: Guest): Promise<Front> {
    const front = new Front();
    front.turnTo(agent);
    await front.program.socket(front.socket);
    return front;
  }

  /** From now on that agent is the guest's. */
  turnTo(agent: Guest): void {
    try {
      unlinkSync(this.#guest);
    } catch {} // the first agent
    symlinkSync(agent.socket, this.#guest);
  }

  /** The same again, after its end. */
  async again(): Promise<void> {
    await this.program.exited;
    this.program = this.#start();
    await this.program.socket(this.socket);
  }

  /** Another one on the same socket. */
  second(): Program {
    return this.#start();
  }

  /** A client that cannot say what would change this machine. */
  async client(name?: string): Promise<QmpClient> {
    const client = await QmpClient.negotiated(this.socket, name, assertHarmless);
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    await this.program[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }

  #start(): Program {
    const words = ['qmp', '--connect', this.#guest, '--listen', this.socket, '--events', '0.1'];
    return new Program([...ourProgram('host'), ...words], safeEnvironment());
  }
}
