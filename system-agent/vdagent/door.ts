import type { Follow } from '#protocol/ipc/messages/monitors.ts';
import type { Received } from '#protocol/vdagent/messages/index.ts';
import { AgentError } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { type DoorAudit, unaudited } from '../audit/audit.ts';
import type { Channel, ChannelEvents } from '../channels/channel.ts';
import { type ClipboardRules, EVERYTHING } from '../clipboard/rules.ts';
import type { DescribedDoor, DoorDescription } from '../control/described.ts';
import type { Pointer } from '../pointer/pointer.ts';
import type { FileRules } from '../received-files/rules.ts';
import type { SessionLink } from '../session-link/session-link.ts';
import { Announcement } from './announcement.ts';
import { ClientState } from './client.ts';
import { HostLine } from './client-line.ts';
import { Dispatcher } from './dispatcher.ts';
import { Features } from './features.ts';
import { type Gate, openGate } from './gate.ts';
import { Incoming } from './incoming.ts';
import { Outbox } from './outbox.ts';
import { ProtocolErrors } from './protocol-errors.ts';

export interface VdagentParts {
  readonly channel: Channel;
  readonly sessionLink: SessionLink;
  readonly pointer: Pointer;
  /** Where there is no device for it, sessions that can may move the pointer. Default: they may. */
  readonly sessionPointer?: boolean;
  /** Default: everything may be done. */
  readonly gate?: Gate;
  readonly log: Log;
  readonly audit?: DoorAudit | undefined;
  /** Hears of clients that come and leave. */
  readonly departure?: Departure;
  /** Default: everything in both directions. */
  readonly clipboard?: Partial<ClipboardRules>;
  /** Default: taken, for the user's download folder. */
  readonly files?: FileRules;
  /** The client may have the desktop do without effects. Default: it may. */
  readonly effects?: boolean;
  /** Who changes a desktop whose display device has changed. Default: auto. */
  readonly follow?: Follow;
  /** How long a client may be silent after a request for its clipboard. */
  readonly answerMs?: number;
}

/** What wants to know whether a client is there. */
export interface Departure {
  came(): void;
  /** Also when none was there. */
  left(): void;
  /** We go, not the client. */
  stop(): void;
}

/**
 * The SPICE agent's door: ends the protocol of one channel here and hands features on, to the pointer and to the agent
 * of the served session. It reads on whatever a session does, for the pointer travels in the same stream (D6); only while
 * files come faster than they are written it reads as fast as that.
 *
 * This is where hosts, clients and sessions come and go. What a host says is read by `Incoming`, dealt with by `Dispatcher`
 * and carried out by `Features`.
 */
export class VdagentDoor implements Service, ChannelEvents, DescribedDoor {
  readonly name = 'vdagent';
  readonly #channel: Channel;
  readonly #sessionLink: SessionLink;
  readonly #gate: Gate;
  readonly #audit: DoorAudit;
  readonly #departure: Departure | undefined;
  readonly #errors: ProtocolErrors;
  readonly #line: HostLine;
  readonly #features: Features;
  readonly #announcement: Announcement;
  readonly #dispatcher: Dispatcher;
  readonly #incoming: Incoming;
  #subscriptions: readonly Disposable[] = [];
  #isPaused = false;

  constructor(parts: VdagentParts) {
    const { channel, sessionLink, pointer, gate = openGate, log, audit = unaudited, departure } = parts;
    const { sessionPointer, files, effects, follow, answerMs } = parts;
    const rules = { ...EVERYTHING, ...parts.clipboard };
    this.#channel = channel;
    this.#sessionLink = sessionLink;
    this.#gate = gate;
    this.#audit = audit;
    this.#departure = departure;
    const errors = new ProtocolErrors(log);
    const line = new HostLine(new ClientState(), () => this.#incoming.isContentUnderway);
    const settings = { sessionPointer, files, effects, follow, answerMs };
    const room = () => this.#pauseWhileCrowded();
    const soundChanged = () => this.#announcement.refresh();
    const features = new Features({ line, pointer, gate, rules, settings, errors, audit, log, room, soundChanged });
    const announcement = new Announcement(line, features, gate, rules);
    const clients = {
      announced: (announced: Received<'announce-capabilities'>) => this.#clientAnnounced(announced),
      left: () => this.#clientLeft(),
      pointed: () => announcement.refresh(),
    };
    const dispatcher = new Dispatcher({ line, features, gate, errors, audit, clients });
    this.#errors = errors;
    this.#line = line;
    this.#features = features;
    this.#announcement = announcement;
    this.#dispatcher = dispatcher;
    this.#incoming = new Incoming({
      maxContentBytes: Math.max(rules.maxBytes.text, rules.maxBytes.images),
      client: () => line.client,
      allocatePiece: (bytes) => features.files.allocatePiece(bytes),
      errors,
      take: (message, port, long) => dispatcher.take(message, port, long),
    });
  }

  /** Messages that were counted instead of answered, by kind. */
  get protocolErrors(): ReadonlyMap<string, number> {
    return this.#errors.counts;
  }

  get isAtRest(): boolean {
    return this.#incoming.isIdle && this.#line.outbox?.isIdle !== false && this.#features.isIdle;
  }

  async start(): Promise<void> {
    this.#features.follow();
    this.#subscriptions = [
      this.#sessionLink.onServed(() => this.#serve()),
      this.#gate.onChange(() => this.#gateChanged()),
    ];
    this.#serve();
    this.#channel.open(this);
  }

  async stop(): Promise<void> {
    this.#departure?.stop();
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#subscriptions = [];
    this.#features.serve(undefined);
    await this.#channel.close();
    this.#forgetHost();
  }

  describe(): DoorDescription {
    const ignored = Array.from(this.#errors.counts, ([kind, count]) => `${count} ${kind}`);
    return this.#dispatcher.describe([
      ...this.#features.details,
      ...(ignored.length === 0 ? [] : [{ name: 'ignored', text: ignored.join(', ') }]),
    ]);
  }

  connected(): void {
    this.#forgetHost();
    this.#audit.connected();
    this.#line.outbox = new Outbox(this.#channel);
    // The host may know nothing of us yet, or of a former run of ours: its answer tells what its client can do.
    this.#announcement.tell(true);
  }

  disconnected(): void {
    this.#forgetHost();
    this.#departure?.left();
  }

  data(bytes: Uint8Array): void {
    try {
      this.#incoming.push(bytes);
    } catch (error) {
      if (!(error instanceof AgentError && error.code === 'malformed')) throw error;
      this.#errors.count('broken-frame', { detail: error.message });
      this.#channel.reset(error.message);
      return;
    }
    this.#pauseWhileCrowded();
  }

  drained(): void {
    this.#line.outbox?.drained();
    this.#pauseWhileCrowded();
  }

  ended(): void {
    this.#channel.hangUp();
  }

  #forgetHost(): void {
    this.#incoming.reset();
    this.#line.outbox = undefined;
    this.#features.hostGone();
    this.#forgetClient();
    this.#pauseWhileCrowded();
  }

  #forgetClient(): void {
    this.#line.client = new ClientState();
    this.#line.outbox?.forgetWaiting();
    this.#features.clientGone();
    this.#announcement.clientGone();
  }

  #clientAnnounced({ request, capabilities }: Received<'announce-capabilities'>): void {
    this.#departure?.came();
    if (request) this.#forgetClient(); // asked by a client that has just come
    this.#line.client.capabilities = capabilities;
    if (request) this.#announcement.tell(false);
    this.#features.clipboard.capabilitiesChanged();
  }

  #clientLeft(): void {
    this.#departure?.left();
    this.#forgetClient();
  }

  #serve(): void {
    this.#features.serve(this.#sessionLink.served);
    this.#announcement.refresh();
  }

  #gateChanged(): void {
    this.#features.rightsChanged();
    if (this.#line.outbox !== undefined) this.#announcement.tell(false);
  }

  #pauseWhileCrowded(): void {
    const isCrowded = this.#line.outbox?.isCrowded === true || this.#features.files.isCrowded;
    if (isCrowded === this.#isPaused) return;
    this.#isPaused = isCrowded;
    if (isCrowded) this.#channel.pause();
    else this.#channel.resume();
  }
}
