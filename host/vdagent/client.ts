import type { Socket } from 'node:net';
import { connectTo } from '#host/connection/connect.ts';
import { Deadline } from '#host/connection/deadline.ts';
import { GuestConnection, type Listener } from '#host/connection/guest-connection.ts';
import { GuestSaidNo } from '#host/connection/guest-said-no.ts';
import type { Capabilities, Capability } from '#protocol/vdagent/capabilities.ts';
import type { Port } from '#protocol/vdagent/chunk.ts';
import { encodeMessage, type MessageEvent, MessageReader } from '#protocol/vdagent/message.ts';
import type { ClipboardType, Selection } from '#protocol/vdagent/messages/clipboard.ts';
import {
  decodeMessage,
  encodeBody,
  type Ignored,
  isWanted,
  type Message,
  type MessageName,
  type Sent,
} from '#protocol/vdagent/messages/index.ts';
import { type MonitorsConfig, monitorsConfig } from '#protocol/vdagent/messages/monitors-config.ts';
import type { MouseState } from '#protocol/vdagent/messages/mouse-state.ts';
import { AgentError } from '#shared/errors.ts';
import { KNOWN_HOSTS } from './capabilities.ts';
import { ClientClipboard, type Content } from './clipboard.ts';
import { fromGuest, toGuest } from './line-ends.ts';

export interface VdagentOptions {
  /** For connecting, and for each wait. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VdagentClientOptions extends VdagentOptions {
  /** What this host announces. Default: what spice-gtk does. */
  readonly capabilities?: Capabilities | undefined;
  /** Longest content taken from the guest. Default 100 MiB. */
  readonly maxClipboardBytes?: number | undefined;
}

export const DEFAULT_TIMEOUT_MS = 10_000;
export const DEFAULT_MAX_CLIPBOARD = 100 * 1024 * 1024;

/** What the guest did, after the client has dealt with it. */
export type Heard =
  | Message
  | Ignored
  /** A grab that lost against one of ours. */
  | { readonly name: 'stale-grab' }
  /** Its body was not kept: longer than the limit, or of another protocol. */
  | { readonly name: 'skipped'; readonly type: number; readonly size: number };

/**
 * SPICE server and client in one: host side of the SPICE agent's protocol on a plain socket. Asks for capabilities once it
 * is connected, answers the guest's requests for what it offers, and keeps who owns which selection.
 */
export class VdagentClient implements AsyncDisposable {
  readonly #connection: GuestConnection<Heard>;
  readonly #capabilities: Capabilities;
  readonly #timeoutMs: number;
  #guest: Capabilities | undefined;
  readonly clipboard = new ClientClipboard();
  /** Messages that were ignored, skipped or stale. */
  ignored = 0;

  constructor(socket: Socket, options: VdagentClientOptions = {}) {
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#capabilities = options.capabilities ?? KNOWN_HOSTS['spice-gtk'] ?? new Set();
    const reader = new MessageReader({
      from: 'guest',
      maxClipboardBytes: options.maxClipboardBytes ?? DEFAULT_MAX_CLIPBOARD,
    });
    this.#connection = new GuestConnection(socket, (bytes) => this.#read(reader, bytes));
    this.#announce(true);
  }

  /** @throws {AgentError} 'failed' with the system's reason, 'timeout' or 'cancelled' */
  static async connect(path: string, options: VdagentClientOptions = {}): Promise<VdagentClient> {
    using deadline = new Deadline(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, options.signal);
    return new VdagentClient(await connectTo(path, deadline), options);
  }

  /** What the guest announced last; undefined before it did. */
  get guest(): Capabilities | undefined {
    return this.#guest;
  }

  get isClosed(): boolean {
    return this.#connection.lost !== undefined;
  }

  /** Calls `listener` for everything that is heard, until the result is disposed; it must not throw. */
  listen(listener: Listener<Heard>): Disposable {
    return this.#connection.listen(listener);
  }

  /**
   * Waits until the guest has said what it can do.
   *
   * @param needs what it must be able to do
   * @throws {GuestSaidNo} 'unsupported': it cannot
   * @throws {AgentError} 'timeout', 'cancelled', 'failed' (lost) or 'malformed' (a broken frame, then lost)
   */
  async ready(needs: readonly Capability[], options: VdagentOptions = {}): Promise<Capabilities> {
    using deadline = this.#deadline(options, 'the guest did not announce its capabilities');
    const guest = await this.#connection.wait(deadline, () => this.#guest);
    const missing = needs.filter((capability) => !guest.has(capability));
    if (missing.length > 0) throw new GuestSaidNo('unsupported', `the guest does not offer ${missing.join(', ')}`);
    return guest;
  }

  /** Waits until the guest owns `selection`. @returns what it offers. @throws as `ready` */
  async untilOffered(selection: Selection, options: VdagentOptions = {}): Promise<readonly ClipboardType[]> {
    using deadline = this.#deadline(options, `nothing was copied to ${selection} in the guest`);
    return await this.#connection.wait(deadline, () => this.clipboard.offered(selection));
  }

  /**
   * The guest's content of a selection, waiting for it to own one.
   *
   * @throws {GuestSaidNo} 'not-found': it has none of this type
   * @throws {AgentError} as `ready`, and 'malformed' for content longer than the limit
   */
  async read(selection: Selection, type: ClipboardType, options: VdagentOptions = {}): Promise<Buffer> {
    await this.ready(clipboardNeeds(selection), options);
    const offered = await this.untilOffered(selection, options);
    const none = (): GuestSaidNo => new GuestSaidNo('not-found', `the guest has no ${type} on ${selection}`);
    if (!offered.includes(type)) throw none();
    using deadline = this.#deadline(options, `no ${type} from the guest`);
    const request = (): void => this.#send('clipboard-request', { selection, type });
    let isGrabbedAgain = false;
    return await this.#connection.wait(
      deadline,
      (heard) => {
        if (heard?.name === 'skipped') {
          throw new AgentError('malformed', `a message of ${heard.size} bytes is longer than the limit`);
        }
        if (heard?.name === 'clipboard-grab' && heard.fields.selection === selection) isGrabbedAgain = true;
        if (heard?.name !== 'clipboard' || heard.fields.selection !== selection) return undefined;
        if (heard.fields.type === 'none' && isGrabbedAgain) {
          isGrabbedAgain = false; // the old owner's answer; the new one has not been asked yet
          request();
          return undefined;
        }
        if (heard.fields.type === 'none') throw none();
        return heard.fields.type === type ? fromGuest(type, heard.fields.data, this.#known) : undefined;
      },
      request,
    );
  }

  /** Takes a selection over; from now on the guest's requests are answered with `content`. @throws as `ready` */
  async offer(selection: Selection, content: Content, options: VdagentOptions = {}): Promise<void> {
    await this.ready(clipboardNeeds(selection), options);
    const grab = this.clipboard.grab(selection, content, this.#layout);
    this.#send(grab.name, grab.fields);
    await this.flush(options);
  }

  /**
   * @returns whether the guest says that it took it; undefined for a guest that never says
   * @throws as `ready`
   */
  async configureMonitors(config: MonitorsConfig, options: VdagentOptions = {}): Promise<boolean | undefined> {
    const guest = await this.ready(['monitors-config'], options);
    if (!guest.has('reply') || !this.#capabilities.has('reply')) {
      this.#send('monitors-config', config);
      await this.flush(options);
      return undefined;
    }
    using deadline = this.#deadline(options, 'no reply to the monitor configuration');
    return await this.#connection.wait(
      deadline,
      (heard) =>
        heard?.name === 'reply' && heard.fields.to === monitorsConfig.type ? heard.fields.succeeded : undefined,
      () => this.#send('monitors-config', config),
    );
  }

  /** @throws as `ready` */
  async moveMouse(state: MouseState, options: VdagentOptions = {}): Promise<void> {
    await this.ready(['mouse-state'], options);
    this.#send('mouse-state', state, 'server');
    await this.flush(options);
  }

  /** Waits until the guest's side has taken everything that was sent. @throws as `ready` */
  async flush(options: VdagentOptions = {}): Promise<void> {
    using deadline = this.#deadline(options, '');
    await this.#connection.flush(deadline);
  }

  /** Resolves when the connection has ended. */
  end(): Promise<void> {
    return this.#connection.end();
  }

  /** Says that the client leaves, as the SPICE server does after the last one. Idempotent. */
  async close(): Promise<void> {
    this.#send('client-disconnected', {}, 'server');
    await this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What the guest announced; nothing before it did. */
  get #known(): Capabilities {
    return this.#guest ?? new Set();
  }

  /** What both sides announced: the layout of the clipboard messages, in both directions. */
  get #layout(): Capabilities {
    return new Set([...this.#known].filter((capability) => this.#capabilities.has(capability)));
  }

  *#read(reader: MessageReader, bytes: Buffer): Generator<Heard> {
    const events: MessageEvent[] = [];
    let failure: { readonly error: unknown } | undefined;
    try {
      reader.push(bytes, (event) => events.push(event));
    } catch (error) {
      failure = { error }; // what came before it counts
    }
    for (const event of events) {
      if (event.kind === 'message') {
        const { port, type, body } = event;
        yield this.#take(decodeMessage(type, body, { receiver: 'host', port, peer: this.#layout }));
      } else {
        this.ignored++;
        yield { name: 'skipped', type: event.type, size: event.size };
      }
    }
    if (failure) throw failure.error;
  }

  #take(message: Message | Ignored): Heard {
    switch (message.name) {
      case 'announce-capabilities': {
        const { request, capabilities } = message.fields;
        // A guest that asks is new: another one spoke on this connection before.
        if (request && this.#guest) this.clipboard.reset();
        this.#guest = capabilities;
        if (request) this.#announce(false);
        return message;
      }
      case 'clipboard-grab':
        if (this.clipboard.grabbed(message.fields)) return message;
        this.ignored++;
        return { name: 'stale-grab' };
      case 'clipboard-release':
        this.clipboard.released(message.fields);
        return message;
      case 'clipboard-request': {
        const { fields } = this.clipboard.requested(message.fields);
        this.#send('clipboard', { ...fields, data: toGuest(fields.type, fields.data, this.#known) });
        return message;
      }
      case 'ignored':
        this.ignored++;
        return message;
      default:
        return message;
    }
  }

  #announce(request: boolean): void {
    this.#send('announce-capabilities', { request, capabilities: this.#capabilities });
  }

  #send<Name extends MessageName>(name: Name, fields: Sent<Name>, port: Port = 'client'): void {
    if (!isWanted(name, this.#known)) return;
    const { type, body } = encodeBody(name, fields, this.#layout);
    this.#connection.write(encodeMessage(port, type, body));
  }

  #deadline({ timeoutMs, signal }: VdagentOptions, waitingFor: string): Deadline {
    const deadline = new Deadline(timeoutMs ?? this.#timeoutMs, signal);
    deadline.waitingFor = waitingFor;
    return deadline;
  }
}

function clipboardNeeds(selection: Selection): readonly Capability[] {
  return selection === 'clipboard' ? ['clipboard-by-demand'] : ['clipboard-by-demand', 'clipboard-selection'];
}
