import type { Socket } from 'node:net';
import { connectTo } from '#host/connection/connect.ts';
import { Deadline } from '#host/connection/deadline.ts';
import { GuestConnection, type Listener } from '#host/connection/guest-connection.ts';
import { formatMessage, type OvirtEvent, type OvirtMessage, OvirtReader } from '#protocol/ovirt/message.ts';
import type { JsonObject, JsonValue, Printable } from '#shared/json/value.ts';
import { MAIN_REPORTS, REPORTS } from './reports.ts';

/** The newest version of the protocol; 0 stands for "no versions". */
export const API_VERSION = 3;

export interface OvirtOptions {
  /** For connecting, and for each wait. Default 15 s: a guest reports its version with a heartbeat, every 5 s. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const DEFAULT_TIMEOUT_MS = 15_000;

/** Source: VDSM guestagent.py, which has the same five. */
export type SessionState = 'unknown' | 'logged on' | 'locked' | 'active' | 'logged off';

const SESSION_STATES: ReadonlyMap<string, SessionState> = new Map([
  ['session-logon', 'logged on'],
  ['session-lock', 'locked'],
  ['session-unlock', 'active'],
  ['session-logoff', 'logged off'],
]);

/**
 * Host side of the oVirt guest agent's protocol, as VDSM is: asks for everything once it is connected, agrees on the
 * version that the guest's heartbeats announce, and keeps the latest of each report. Strings of the guest come filtered
 * for XML but not for a terminal.
 */
export class OvirtClient implements AsyncDisposable {
  readonly #connection: GuestConnection<OvirtEvent>;
  readonly #timeoutMs: number;
  readonly #latest = new Map<string, JsonObject>();
  #apiVersion = 0;
  #heartbeats = 0;
  #session: SessionState = 'unknown';
  /** Lines that could not be read, and messages whose name nobody knows: counted, otherwise ignored. */
  readonly counts = { dropped: 0, unknown: 0 };

  constructor(socket: Socket, options: OvirtOptions = {}) {
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const reader = new OvirtReader('guest');
    this.#connection = new GuestConnection(socket, (bytes) => reader.push(bytes));
    this.#connection.listen((event) => this.#take(event));
    this.#write('refresh', { apiVersion: API_VERSION });
  }

  /** @throws {AgentError} 'failed' with the system's reason, 'timeout' or 'cancelled' */
  static async connect(path: string, options: OvirtOptions = {}): Promise<OvirtClient> {
    using deadline = new Deadline(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, options.signal);
    return new OvirtClient(await connectTo(path, deadline), options);
  }

  /** In force. 0 at first, and for a guest that knows no versions. */
  get apiVersion(): number {
    return this.#apiVersion;
  }

  /** Arguments of the latest message of each known name. */
  get latest(): ReadonlyMap<string, JsonObject> {
    return this.#latest;
  }

  /** What the guest said last of its session; it does not repeat it. */
  get session(): SessionState {
    return this.#session;
  }

  /** Which reports of MAIN_REPORTS have not come yet. */
  get missing(): string[] {
    // A guest announces 0 in its first heartbeat, whatever it can do; only the second one is to be believed.
    const version = this.#heartbeats < 2 ? API_VERSION : this.#apiVersion;
    return MAIN_REPORTS.filter((name) => !this.#latest.has(name) && (REPORTS.get(name) ?? 0) <= version);
  }

  get isClosed(): boolean {
    return this.#connection.lost !== undefined;
  }

  /** Calls `listener` for each message, known or not, until the result is disposed; it must not throw. */
  listen(listener: Listener<OvirtMessage>): Disposable {
    return this.#connection.listen((event) => (event.kind === 'message' ? listener(event.message) : undefined));
  }

  /** @throws {AgentError} 'timeout', 'cancelled' or 'failed' (lost); `latest` has what came */
  async untilComplete(options: OvirtOptions = {}): Promise<void> {
    await this.#until(() => this.missing.length === 0, 'not all reports came', options);
  }

  /** Waits for some reports. @throws as `untilComplete` */
  async untilReported(names: readonly string[], options: OvirtOptions = {}): Promise<void> {
    await this.#until(
      () => names.every((name) => this.#latest.has(name)),
      `not all of ${names.join(', ')} came`,
      options,
    );
  }

  /** Waits for a first sign that an agent reads and speaks at the other end. @throws as `untilComplete` */
  async untilHeard(options: OvirtOptions = {}): Promise<void> {
    await this.#until(() => this.#latest.size > 0, 'no word from the guest', options);
  }

  /**
   * Sends a command. The protocol has no replies: that it was handed over is all that is known, unless `reply` names a
   * message that the guest sends in answer.
   *
   * @returns the arguments of the reply; undefined if none was asked for
   * @throws {AgentError} 'invalid-argument' (longer than a line may be), or as `untilComplete`
   */
  async send(
    name: string,
    members: Parameters<typeof formatMessage>[1] = {},
    { reply, ...options }: OvirtOptions & { readonly reply?: string | undefined } = {},
  ): Promise<JsonObject | undefined> {
    using deadline = this.#deadline(options);
    const line = formatMessage(name, members);
    if (reply === undefined) {
      this.#connection.write(line);
      await this.#connection.flush(deadline);
      return undefined;
    }
    deadline.waitingFor = `no ${reply} from the guest`;
    return await this.#connection.wait(
      deadline,
      (event) => (event?.kind === 'message' && event.message.name === reply ? event.message.members : undefined),
      () => this.#connection.write(line),
    );
  }

  /** Resolves when the connection has ended. */
  end(): Promise<void> {
    return this.#connection.end();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #take(event: OvirtEvent): void {
    if (event.kind === 'dropped') {
      this.counts.dropped++;
      return;
    }
    const { name, members } = event.message;
    if (!REPORTS.has(name)) {
      this.counts.unknown++;
      return;
    }
    this.#latest.set(name, members);
    this.#session = SESSION_STATES.get(name) ?? this.#session;
    if (name === 'heartbeat') this.#negotiate(members.get('apiVersion'));
  }

  /** As VDSM does: any other version than the one in force is answered, unless it switches versions off. */
  #negotiate(announced: JsonValue | undefined): void {
    this.#heartbeats++;
    const version = commonVersion(announced);
    if (version === this.#apiVersion) return;
    this.#apiVersion = version;
    if (version > 0) this.#write('api-version', { apiVersion: version });
  }

  #write(name: string, members: { readonly [name: string]: Printable }): void {
    this.#connection.write(formatMessage(name, members));
  }

  async #until(isSo: () => boolean, waitingFor: string, options: OvirtOptions): Promise<void> {
    using deadline = this.#deadline(options);
    deadline.waitingFor = waitingFor;
    await this.#connection.wait(deadline, () => (isSo() ? true : undefined));
  }

  #deadline({ timeoutMs, signal }: OvirtOptions): Deadline {
    return new Deadline(timeoutMs ?? this.#timeoutMs, signal);
  }
}

/** Newest version that both sides know; what is no number counts as 0, as in VDSM. */
function commonVersion(announced: JsonValue | undefined): number {
  const number = typeof announced === 'object' || typeof announced === 'boolean' ? 0 : Number(announced ?? 0);
  return Number.isNaN(number) ? 0 : Math.trunc(Math.min(Math.max(number, 0), API_VERSION));
}
