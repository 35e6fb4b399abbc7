import { Socket } from 'node:net';
import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { Acceptor } from '#shared/socket/acceptor.ts';
import type { ListeningSocket } from '#shared/socket/listening-socket.ts';
import { ClientConnection, type ClientContext, turnAway } from './client-connection.ts';
import { EventFeed } from './event-feed.ts';
import { FRONT_COMMANDS } from './front-commands.ts';
import { GuestLink, type GuestState } from './guest-link.ts';
import { eventMessage, failureOf, lineOf, type Message, ownEvent, type QmpEvent, success } from './message.ts';
import type { Call } from './session.ts';

export interface ServerOptions {
  /** Where clients come. The server closes it. */
  readonly listener: ListeningSocket;
  /** The unix socket of the guest's channel. */
  readonly guest: string;
  /** Deadline of a command whose client has not set another. */
  readonly timeoutMs: number;
  /** Between two questions for events. */
  readonly eventsMs: number;
  readonly log: Log;
}

/** Each may hold one message of the JSON reader's limit; see there. */
export const MAX_CLIENTS = 16;

/**
 * A QMP server on the host in front of a guest's agent. While at least one client has negotiated it holds the guest's
 * channel, asks for events and tells them to all of those clients; after the last one the channel is free for others.
 */
export class QmpServer implements Service {
  readonly name = 'qmp';
  readonly #options: ServerOptions;
  readonly #link: GuestLink;
  readonly #acceptor: Acceptor;
  readonly #clients = new Map<ClientConnection, Promise<void>>();
  readonly #stop = new AbortController();
  #feed: { readonly feed: EventFeed; readonly ended: Promise<void> } | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
    const { guest, timeoutMs, listener, log } = options;
    this.#link = new GuestLink(guest, timeoutMs, (state) => this.#changed(state));
    this.#acceptor = new Acceptor({
      listen: () => listener,
      receive: (fd) => this.#receive(new Socket({ fd, allowHalfOpen: true, readable: true, writable: true })),
      complaint: 'clients cannot connect',
      log,
    });
  }

  async start(): Promise<void> {
    this.#acceptor.start();
  }

  /** Cuts off every client, and abandons what the guest was asked. */
  async stop(): Promise<void> {
    this.#acceptor.stop();
    this.#stop.abort();
    this.#feed?.feed.stop();
    for (const client of this.#clients.keys()) client.destroy();
    await this.#link.close();
    await Promise.all([...this.#clients.values(), this.#feed?.ended]);
  }

  #receive(socket: Socket): void {
    if (this.#clients.size >= MAX_CLIENTS) return turnAway(socket, `${MAX_CLIENTS} clients are connected already`);
    const client: ClientConnection = new ClientConnection(
      socket,
      (call, context) => this.#execute(call, context),
      () => this.#follow(),
    );
    const ended = client.run(this.#options.timeoutMs).then(() => this.#left(client));
    this.#clients.set(client, ended);
  }

  async #execute({ command, args, echo }: Call, client: ClientContext): Promise<Message> {
    try {
      const own = FRONT_COMMANDS.get(command);
      const result = own
        ? await own.run(args, client, { link: this.#link, clients: () => this.#following })
        : await this.#link.request(command, args.size === 0 ? undefined : args, client);
      return success(result, echo);
    } catch (error) {
      if (error instanceof AgentError) return failureOf(error, echo);
      throw error;
    }
  }

  get #following(): number {
    return [...this.#clients.keys()].filter((client) => client.isNegotiated).length;
  }

  /** A client has negotiated, so that somebody wants to know what happens. */
  #follow(): void {
    if (this.#feed !== undefined) return;
    const feed = new EventFeed(this.#link, this.#options.eventsMs, (event) => this.#tell(event));
    this.#feed = { feed, ended: feed.run() };
  }

  #left(client: ClientConnection): void {
    this.#clients.delete(client);
    if (this.#following > 0 || this.#stop.signal.aborted) return;
    this.#feed?.feed.stop();
    this.#feed = undefined;
    const options = { timeoutMs: this.#options.timeoutMs, signal: this.#stop.signal };
    this.#link.release(options, () => this.#following > 0).catch(() => {}); // it is closed with us, or used again
  }

  #changed(state: GuestState): void {
    const { log } = this.#options;
    if (state.kind === 'connected') {
      log.info('the agent answers');
      this.#tell(ownEvent('UGA_AGENT_CONNECTED', {}));
    } else if (state.kind === 'disconnected') {
      log.warn('the agent does not answer', { reason: plain(state.reason) });
      this.#tell(ownEvent('UGA_AGENT_DISCONNECTED', { reason: state.reason }));
    }
  }

  #tell(event: QmpEvent): void {
    const line = lineOf(eventMessage(event));
    for (const client of this.#clients.keys()) client.tell(line);
  }
}
