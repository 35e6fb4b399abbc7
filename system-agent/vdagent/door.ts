import { MAX_DIRECT_BYTES } from '#protocol/ipc/messages/clipboard.ts';
import type { Follow } from '#protocol/ipc/messages/monitors.ts';
import type { Port } from '#protocol/vdagent/chunk.ts';
import { type MessageEvent, MessageReader } from '#protocol/vdagent/message.ts';
import { clipboard as clipboardContent } from '#protocol/vdagent/messages/clipboard.ts';
import { displayConfig } from '#protocol/vdagent/messages/display-config.ts';
import { decodeMessage, type Message, type MessageName, type Received } from '#protocol/vdagent/messages/index.ts';
import { monitorsConfig } from '#protocol/vdagent/messages/monitors-config.ts';
import { headBytesOf } from '#protocol/vdagent/messages/spec.ts';
import type { Flow } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { type DoorAudit, unaudited } from '../audit/audit.ts';
import type { Channel, ChannelEvents } from '../channels/channel.ts';
import { allowsFrom, type ClipboardRules, EVERYTHING } from '../clipboard/rules.ts';
import { type DescribedDoor, type DoorDescription, RequestTally } from '../control/described.ts';
import type { Pointer } from '../pointer/pointer.ts';
import { type FileRules, RECEIVE } from '../received-files/rules.ts';
import type { SessionLink } from '../session-link/session-link.ts';
import { Audio } from './audio.ts';
import { offeredCapabilities } from './capabilities.ts';
import { ClientState } from './client.ts';
import { HostLine } from './client-line.ts';
import { Clipboard } from './clipboard/clipboard.ts';
import { Effects } from './effects.ts';
import { Files } from './files/files.ts';
import { type Gate, openGate } from './gate.ts';
import { Monitors } from './monitors.ts';
import { Mouse } from './mouse.ts';
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

const ANSWER_MS = 10_000;

/**
 * The SPICE agent's door: ends the protocol of one channel here and hands features on, to the pointer and to the agent
 * of the served session. It reads on whatever a session does, for the pointer travels in the same stream (D6); only while
 * files come faster than they are written it reads as fast as that.
 */
export class VdagentDoor implements Service, ChannelEvents, DescribedDoor {
  readonly name = 'vdagent';
  readonly #channel: Channel;
  readonly #sessionLink: SessionLink;
  readonly #gate: Gate;
  readonly #rules: ClipboardRules;
  readonly #audit: DoorAudit;
  readonly #errors: ProtocolErrors;
  readonly #line: HostLine;
  readonly #clipboard: Clipboard;
  readonly #monitors: Monitors;
  readonly #follow: Follow;
  readonly #mouse: Mouse;
  readonly #files: Files;
  readonly #effects: Effects;
  readonly #audio: Audio;
  readonly #mayReduce: boolean;
  readonly #tally = new RequestTally();
  readonly #departure: Departure | undefined;
  #reader: MessageReader;
  #subscriptions: readonly Disposable[] = [];
  #isPaused = false;
  #announced = '';

  constructor(parts: VdagentParts) {
    const {
      channel,
      sessionLink,
      pointer,
      gate = openGate,
      log,
      audit = unaudited,
      answerMs = ANSWER_MS,
      departure,
    } = parts;
    this.#departure = departure;
    this.#channel = channel;
    this.#sessionLink = sessionLink;
    this.#gate = gate;
    this.#rules = { ...EVERYTHING, ...parts.clipboard };
    this.#audit = audit;
    this.#errors = new ProtocolErrors(log);
    this.#reader = this.#newReader();
    this.#line = new HostLine(new ClientState(), () => this.#reader.underway('client') === clipboardContent.type);
    this.#clipboard = new Clipboard(this.#line, this.#errors, log, {
      rules: this.#rules,
      answerMs,
      mayOffer: (side) => gate.enabled(side === 'client' ? 'clipboard-grab' : 'clipboard-request'),
      audit,
    });
    this.#follow = parts.follow ?? 'auto';
    this.#monitors = new Monitors(log);
    this.#mouse = new Mouse(pointer, parts.sessionPointer ?? true, log);
    this.#effects = new Effects(log);
    this.#audio = new Audio(log);
    this.#mayReduce = parts.effects ?? true;
    this.#files = new Files(this.#line, {
      rules: parts.files ?? RECEIVE,
      log,
      audit,
      mayCome: () => gate.enabled('file-transfer-start'),
      room: () => this.#pauseWhileCrowded(),
    });
  }

  /** Messages that were counted instead of answered, by kind. */
  get protocolErrors(): ReadonlyMap<string, number> {
    return this.#errors.counts;
  }

  get isAtRest(): boolean {
    return this.#reader.isIdle && this.#line.outbox?.isIdle !== false && this.#clipboard.isIdle && this.#files.isIdle;
  }

  async start(): Promise<void> {
    this.#monitors.follow = this.#followNow;
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
    this.#clipboard.serve(undefined, false); // while the host can still hear that nothing is owned any more
    this.#files.serve(undefined);
    this.#effects.serve(undefined);
    this.#audio.serve(undefined);
    this.#monitors.serve(undefined);
    this.#mouse.serve(undefined);
    await this.#channel.close();
    this.#forgetHost();
  }

  describe(): DoorDescription {
    const ignored = Array.from(this.#errors.counts, ([kind, count]) => `${count} ${kind}`);
    const files = this.#files.count;
    const monitors = this.#monitors.problem;
    return this.#tally.describe([
      ...(monitors === undefined ? [] : [{ name: 'monitors', text: monitors }]),
      ...(files === 0 ? [] : [{ name: 'files', text: `${files} under way` }]),
      ...(ignored.length === 0 ? [] : [{ name: 'ignored', text: ignored.join(', ') }]),
    ]);
  }

  connected(): void {
    this.#forgetHost();
    this.#audit.connected();
    this.#line.outbox = new Outbox(this.#channel);
    // The host may know nothing of us yet, or of a former run of ours: its answer tells what its client can do.
    this.#announce(true);
  }

  disconnected(): void {
    this.#forgetHost();
    this.#departure?.left();
  }

  data(bytes: Uint8Array): void {
    try {
      this.#reader.push(bytes, (event) => this.#take(event));
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

  #newReader(): MessageReader {
    const { text, images } = this.#rules.maxBytes;
    return new MessageReader({
      from: 'host',
      maxClipboardBytes: CONTENT_OVERHEAD + Math.max(text, images),
      long: {
        moreThanBytes: LONG_BYTES,
        headBytes: () => headBytesOf(clipboardContent, this.#line.client.capabilities),
        begun: (port, type, head, content) => {
          this.#takeMessage(port, type, head, content);
          // Those who wait for it have it now; where nobody does, its bytes are counted down as they come.
          content.closeToReaders();
        },
      },
    });
  }

  #forgetHost(): void {
    this.#reader.abandon();
    this.#reader = this.#newReader();
    this.#line.outbox = undefined;
    this.#monitors.hostGone();
    this.#forgetClient();
    this.#pauseWhileCrowded();
  }

  #forgetClient(): void {
    this.#line.client = new ClientState();
    this.#line.outbox?.forgetWaiting();
    this.#clipboard.clientChanged();
    this.#files.clientGone();
    this.#effects.clientGone();
    this.#audio.clientGone();
    this.#mouse.clientGone();
  }

  #serve(): void {
    const { served } = this.#sessionLink;
    this.#clipboard.serve(served?.agent, served?.clipboard === true);
    this.#files.serve(served);
    this.#effects.serve(served?.agent);
    this.#audio.serve(served?.agent);
    this.#monitors.serve(served?.agent);
    this.#mouse.serve(served);
    this.#tellOfSession();
  }

  #pauseWhileCrowded(): void {
    const isCrowded = this.#line.outbox?.isCrowded === true || this.#files.isCrowded;
    if (isCrowded === this.#isPaused) return;
    this.#isPaused = isCrowded;
    if (isCrowded) this.#channel.pause();
    else this.#channel.resume();
  }

  #take(event: MessageEvent): void {
    if (event.kind === 'skipped') {
      return this.#errors.count(event.reason, { type: event.type, bytes: event.size });
    }
    this.#takeMessage(event.port, event.type, event.body);
  }

  /** @param long content behind the body that is still coming */
  #takeMessage(port: Port, type: number, body: Buffer, long?: Flow): void {
    const message = decodeMessage(type, body, { receiver: 'guest', port, peer: this.#line.client.capabilities });
    if (message.name === 'ignored') this.#errors.count(message.reason, { type, bytes: body.length });
    else this.#handle(message, port, long);
  }

  #handle(message: Message, port: Port, long?: Flow): void {
    if (!this.#gate.admits(message.name)) return this.#refuse(message, port);
    this.#tally.count(message.name);
    switch (message.name) {
      case 'announce-capabilities':
        return this.#takeAnnouncement(message.fields);
      case 'client-disconnected':
        this.#departure?.left();
        return this.#forgetClient();
      case 'mouse-state':
        this.#mouse.state(message.fields);
        return this.#tellOfSession();
      case 'monitors-config':
        return this.#takeMonitors(message.fields, port);
      case 'clipboard-grab':
        return this.#clipboard.grab(message.fields);
      case 'clipboard-release':
        return this.#clipboard.release(message.fields);
      case 'clipboard-request':
        return this.#clipboard.request(message.fields);
      case 'clipboard':
        return this.#clipboard.content(long === undefined ? message.fields : { ...message.fields, data: long });
      case 'max-clipboard':
        this.#line.client.maxClipboardBytes =
          message.fields.maxBytes === 'unlimited' ? Number.POSITIVE_INFINITY : message.fields.maxBytes;
        return;
      case 'file-transfer-start':
        return this.#files.start(message.fields);
      case 'file-transfer-status':
        return this.#files.status(message.fields);
      case 'file-transfer-data':
        return this.#files.data(message.fields);
      case 'display-config':
        return this.#takeEffects(message.fields, port);
      case 'graphics-device-info':
        return this.#monitors.identify(message.fields);
      case 'audio-volume-sync':
        return this.#audio.set(message.fields);
      // Said by guests only; decodeMessage does not give it.
      case 'reply':
        return;
    }
  }

  /** Whoever waits for an answer hears no. */
  #refuse(message: Message, port: Port): void {
    this.#errors.count('not-allowed', { message: message.name });
    this.#audit.denied(message.name, 'the policy does not allow it');
    if (message.name === 'monitors-config') {
      this.#line.answer('reply', { to: monitorsConfig.type, succeeded: false }, port);
    } else if (message.name === 'display-config') this.#takeEffects(undefined, port);
    else if (message.name === 'clipboard-grab') this.#clipboard.grab({ ...message.fields, types: [] });
    else if (message.name === 'clipboard-request') this.#clipboard.refuse(message.fields);
    else if (message.name === 'clipboard') this.#clipboard.content({ ...message.fields, type: 'none', data: NOTHING });
    else if (message.name === 'file-transfer-start') {
      this.#line.answer('file-transfer-status', { id: message.fields.id, result: 'disabled' });
    } else if (message.name === 'file-transfer-data') this.#files.refuse(message.fields.id);
    else if (message.name === 'file-transfer-status') this.#files.status(message.fields);
  }

  #gateChanged(): void {
    this.#monitors.follow = this.#followNow;
    this.#clipboard.directionsChanged();
    this.#files.rightsChanged();
    if (!this.#areEffectsWanted) this.#effects.clientGone();
    if (!this.#gate.enabled('mouse-state')) this.#mouse.clientGone();
    if (this.#line.outbox !== undefined) this.#announce(false);
  }

  #takeAnnouncement({ request, capabilities }: Received<'announce-capabilities'>): void {
    this.#departure?.came();
    if (request) this.#forgetClient(); // asked by a client that has just come
    this.#line.client.capabilities = capabilities;
    if (request) this.#announce(false);
    this.#clipboard.capabilitiesChanged();
  }

  #announce(request: boolean): void {
    const may = (message: MessageName) => this.#gate.enabled(message);
    const capabilities = offeredCapabilities({
      pointer: this.#mouse.isAvailable && may('mouse-state'),
      monitors: may('monitors-config'),
      clipboard:
        (may('clipboard-grab') && allowsFrom('client', this.#rules)) ||
        (may('clipboard-request') && allowsFrom('guest', this.#rules)),
      files: this.#files.areWanted,
      effects: this.#areEffectsWanted,
      audio: this.#audio.isAvailable && may('audio-volume-sync'),
    });
    this.#line.answer('announce-capabilities', { request, capabilities });
    this.#announced = this.#ofSession;
  }

  /** What comes and goes with the session. */
  get #ofSession(): string {
    return `pointer ${this.#mouse.isAvailable}, audio ${this.#audio.isAvailable}`;
  }

  #tellOfSession(): void {
    if (this.#line.outbox !== undefined && this.#announced !== this.#ofSession) this.#announce(false);
  }

  /** The device brings clients' wishes by another way, and what they may wish is the policy's. */
  get #followNow(): Follow {
    return this.#gate.enabled('monitors-config') ? this.#follow : 'off';
  }

  get #areEffectsWanted(): boolean {
    return this.#mayReduce && this.#gate.enabled('display-config');
  }

  /** @param config undefined: it may not be looked at */
  #takeEffects(config: Received<'display-config'> | undefined, port: Port): void {
    const succeeded = config !== undefined && this.#areEffectsWanted;
    this.#line.answer('reply', { to: displayConfig.type, succeeded }, port);
    if (succeeded) this.#effects.configure(config);
  }

  /** Acknowledged before anything has happened, as the original does: clients wait for it with the next wish. */
  #takeMonitors(config: Received<'monitors-config'>, port: Port): void {
    this.#line.answer('reply', { to: monitorsConfig.type, succeeded: true }, port);
    this.#monitors.configure(config);
  }
}

const NOTHING = Buffer.alloc(0);

/** Selection and type in front of the content. */
const CONTENT_OVERHEAD = 8;
/** Content beyond this is passed on while it comes. What is shorter goes to the session within an answer. */
const LONG_BYTES = CONTENT_OVERHEAD + MAX_DIRECT_BYTES;
