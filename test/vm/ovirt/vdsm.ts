import { checkLine } from '#test/support/ovirt/required.ts';
import { LineSocket } from '../support/line-socket.ts';
import { until } from '../support/wait.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_API_VERSION = 3;

/** A line of oVirt's protocol. */
export interface OvirtMessage {
  readonly __name__: string;
  readonly [member: string]: unknown;
}

/**
 * The host's side of oVirt's protocol at its plainest, as VDSM holds it: it asks for everything when it connects, and agrees on
 * the version that the guest's heartbeats announce. Every message is held against the table of types. No code is shared with what is tested.
 */
export class Vdsm implements Disposable {
  readonly messages: OvirtMessage[] = [];
  readonly #heardAt = new WeakMap<OvirtMessage, number>();
  #version = 0;
  #wrong: unknown;

  private constructor(private readonly socket: LineSocket) {
    socket.watch((line) => this.#take(JSON.parse(line) as OvirtMessage));
  }

  static async connect(path: string): Promise<Vdsm> {
    const vdsm = new Vdsm(await LineSocket.connect(path, CONNECT_TIMEOUT_MS));
    vdsm.send('refresh', { apiVersion: MAX_API_VERSION });
    return vdsm;
  }

  send(name: string, members: object = {}): void {
    this.socket.send(JSON.stringify({ __name__: name, ...members }));
  }

  /** All messages of a name so far. */
  all(name: string): OvirtMessage[] {
    if (this.#wrong !== undefined) throw this.#wrong;
    return this.messages.filter((message) => message.__name__ === name);
  }

  /** When a message came, in ms since the epoch. */
  heardAt(message: OvirtMessage): number {
    return this.#heardAt.get(message) ?? Number.NaN;
  }

  /** Waits until the newest message of a name passes. @throws {AgentError} 'timeout' */
  async newest(name: string, timeoutMs: number, test: (message: OvirtMessage) => boolean = () => true) {
    return until(timeoutMs, `the message ${name}`, async () => {
      const message = this.all(name).at(-1);
      return message !== undefined && test(message) ? message : undefined;
    });
  }

  /** What VDSM would stumble over is told by the next look at the messages. */
  #check(message: OvirtMessage): void {
    try {
      checkLine(message);
    } catch (error) {
      this.#wrong ??= error;
    }
  }

  /** VDSM answers a heartbeat only when the version that both can do becomes another one, and never when that is 0. */
  #take(message: OvirtMessage): void {
    this.messages.push(message);
    this.#heardAt.set(message, Date.now());
    this.#check(message);
    if (message.__name__ !== 'heartbeat') return;
    const common = Math.min(Math.max(Number(message.apiVersion ?? 0), 0), MAX_API_VERSION);
    if (common === this.#version) return;
    this.#version = common;
    if (common > 0) this.send('api-version', { apiVersion: common });
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
