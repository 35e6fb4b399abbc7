import {
  CLIPBOARD_TYPES,
  type ClipboardType,
  clipboardGrab,
  clipboardRead,
  clipboardRelease,
  clipboardWanted,
  SELECTIONS,
  type Selection,
} from '#protocol/ipc/messages/clipboard.ts';
import type { Received } from '#protocol/vdagent/messages/index.ts';
import { type Content, Flow } from '#shared/bytes/flow.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { collectSoon } from '#shared/lifecycle/garbage.ts';
import type { Log } from '#shared/log/log.ts';
import type { DoorAudit } from '../../audit/audit.ts';
import { allowsFrom, type ClipboardRules, kindOf } from '../../clipboard/rules.ts';
import type { SessionAgent } from '../../session-link/session-link.ts';
import { CLIPBOARD } from '../audited.ts';
import type { ClientLine } from '../client-line.ts';
import type { ProtocolErrors } from '../protocol-errors.ts';
import { type Effect, type Input, initial, type State, step } from './machine.ts';
import { Pastes } from './pastes.ts';

/** An application may be slow to give what it copied; desktops themselves wait about this long. */
const READ_MS = 30_000;

export interface ClipboardOptions {
  readonly rules: ClipboardRules;
  /** How long a client may be silent after a request. */
  readonly answerMs: number;
  /** Does the policy let this side's clipboard be offered to the other? */
  readonly mayOffer: (side: Side) => boolean;
  readonly audit: DoorAudit;
}

export type Side = 'client' | 'guest';

/** Carries clipboard messages between the client and the served session as the machine of each selection decides. */
export class Clipboard {
  readonly #line: ClientLine;
  readonly #errors: ProtocolErrors;
  readonly #log: Log;
  readonly #options: ClipboardOptions;
  readonly #states = new Map<Selection, State>(SELECTIONS.map((selection) => [selection, initial]));
  readonly #pastes: Pastes;
  /** When the client grabbed last, ms of performance.now(). */
  readonly #grabbedAt = new Map<Selection, number>();
  #agent: SessionAgent | undefined;
  #isAllowed = false;
  /** As the session was told. */
  #isWanted = false;
  #handlers: readonly Disposable[] = [];

  constructor(line: ClientLine, errors: ProtocolErrors, log: Log, options: ClipboardOptions) {
    this.#line = line;
    this.#errors = errors;
    this.#log = log;
    this.#options = options;
    this.#pastes = new Pastes({
      answerMs: options.answerMs,
      isUnderway: () => line.isContentUnderway,
      silent: (selection, id) => this.#feed(selection, { on: 'client-silent', id }),
      cancelled: (selection, paste) => this.#feed(selection, { on: 'paste-cancelled', paste }),
    });
  }

  /** Neither does the client wait for content, nor we for the client's. */
  get isIdle(): boolean {
    return [...this.#states.values()].every(({ reads, asked }) => reads.length === 0 && asked.length === 0);
  }

  /** @param isAllowed the session may use the client's clipboard, and the client the session's */
  serve(agent: SessionAgent | undefined, isAllowed: boolean): void {
    const isAnother = agent !== this.#agent;
    this.#isAllowed = isAllowed && !isAnother && agent !== undefined;
    this.#openOrClose(); // closes for the former session before anything is said to the next
    if (isAnother) this.#change(agent);
    this.#isAllowed = isAllowed;
    this.#openOrClose();
  }

  /** Another client, or none: nothing that the former one had or owed counts. */
  clientChanged(): void {
    this.#feedAll({ on: 'client-changed' });
    this.capabilitiesChanged();
  }

  /** What may no longer be offered is taken back; what may be now is, with the next copy. */
  directionsChanged(): void {
    if (!this.#mayOffer('client')) this.#feedAll({ on: 'client-released' });
    if (!this.#mayOffer('guest')) this.#feedAll({ on: 'guest-released' });
    this.#tellIfWanted();
  }

  capabilitiesChanged(): void {
    this.#openOrClose();
  }

  grab({ selection, serial, types }: Received<'clipboard-grab'>): void {
    this.#grabbedAt.set(selection, performance.now());
    // Whoever is served now or later; what its agent cannot take is left out when it is offered.
    const offered = this.#mayOffer('client') ? this.#carried(types) : [];
    this.#feed(selection, { on: 'client-grabbed', serial, types: offered });
  }

  release({ selection }: Received<'clipboard-release'>): void {
    this.#feed(selection, { on: 'client-released' });
  }

  request({ selection, type }: Received<'clipboard-request'>): void {
    this.#feed(selection, { on: 'client-requested', type: known(type) });
  }

  /** A request that is not looked at. */
  refuse({ selection }: Received<'clipboard-request'>): void {
    this.#feed(selection, { on: 'client-requested', type: undefined });
  }

  /** @param data may still be coming */
  content({ selection, type: said, data }: Omit<Received<'clipboard'>, 'data'> & { readonly data: Content }): void {
    const type = known(said);
    if (data instanceof Flow) collectSoon();
    const isTooLong = type !== undefined && data.length > this.#maxBytes(type);
    if (isTooLong) this.#errors.count('too-large', { bytes: data.length });
    this.#feed(selection, { on: 'client-answered', type, data: isTooLong ? undefined : data });
  }

  #change(agent: SessionAgent | undefined): void {
    for (const handler of this.#handlers) handler[Symbol.dispose]();
    this.#handlers = [];
    this.#agent = agent;
    this.#isWanted = false;
    this.#feedAll({ on: 'session-changed' });
    if (agent === undefined) return;
    this.#handlers = [
      agent.link.on(clipboardGrab, ({ selection, types, serial, age = 0 }) => {
        const usable = this.#mayOffer('guest') ? this.#usable(agent, types) : [];
        const isOlder = performance.now() - age < (this.#grabbedAt.get(selection) ?? 0);
        this.#feed(selection, { on: 'guest-grabbed', types: usable, offerSerial: serial, isOlder });
      }),
      agent.link.on(clipboardRelease, ({ selection }) => this.#feed(selection, { on: 'guest-released' })),
      agent.link.handle(clipboardRead, ({ selection, type, maxBytes, direct }, signal) =>
        this.#pastes.add(selection, { maxBytes, direct, link: agent.link, signal }, (paste) =>
          this.#feed(selection, { on: 'guest-pastes', paste, type }),
        ),
      ),
    ];
  }

  #openOrClose(): void {
    for (const selection of SELECTIONS) {
      this.#feed(selection, { on: this.#isAllowed && this.#line.speaksOf(selection) ? 'opened' : 'closed' });
    }
    this.#tellIfWanted();
  }

  #tellIfWanted(): void {
    const agent = this.#agent;
    const wanted = this.#isAllowed && this.#line.speaksOf('clipboard') && this.#mayOffer('guest');
    if (wanted === this.#isWanted || agent?.has('clipboard.polled') !== true) return;
    this.#isWanted = wanted;
    agent.link.notify(clipboardWanted, { wanted });
  }

  #feedAll(input: Input): void {
    for (const selection of SELECTIONS) this.#feed(selection, input);
  }

  #feed(selection: Selection, input: Input): void {
    const { state, effects } = step(this.#states.get(selection) ?? initial, input);
    this.#states.set(selection, state);
    for (const effect of effects) this.#perform(selection, effect);
    this.#pastes.keepOnly(
      selection,
      state.asked.map(({ id }) => id),
    );
  }

  #perform(selection: Selection, effect: Effect): void {
    switch (effect.do) {
      case 'send-grab':
        return this.#line.send('clipboard-grab', { selection, serial: effect.serial, types: effect.types });
      case 'send-release':
        return this.#line.send('clipboard-release', { selection });
      case 'send-request':
        this.#pastes.expect(selection, effect.id);
        if (!this.#mayCross('to-guest', effect.type)) {
          return queueMicrotask(() => this.#feed(selection, { on: 'client-silent', id: effect.id }));
        }
        return this.#line.send('clipboard-request', { selection, type: effect.type });
      case 'send-content':
        return this.#sendContent(selection, effect.type, effect.data);
      case 'send-none':
        return this.#line.send('clipboard', { selection, type: 'none', data: NOTHING });
      case 'offer':
        return this.#offer(selection, effect.types, effect.serial);
      case 'withdraw':
        return this.#agent?.link.notify(clipboardRelease, { selection });
      case 'read':
        return void this.#read(selection, effect.id, effect.type);
      case 'answer-paste':
        return this.#pastes.answer(effect.paste, effect.data);
      case 'count':
        return this.#errors.count(effect.kind);
    }
  }

  /** An agent without any clipboard is told nothing; one that can use none of the types still learns the serial. */
  #offer(selection: Selection, types: readonly ClipboardType[], serial: number): void {
    const agent = this.#agent;
    if (agent === undefined || !hasClipboard(agent)) return;
    agent.link.notify(clipboardGrab, { selection, types: this.#usable(agent, types), serial, age: 0 });
  }

  #mayOffer(side: Side): boolean {
    return allowsFrom(side, this.#options.rules) && this.#options.mayOffer(side);
  }

  /** What the session link carries, which is no lists of files (decision 38), and what the rules let cross. */
  #carried(types: readonly string[]): ClipboardType[] {
    const { kinds } = this.#options.rules;
    return CLIPBOARD_TYPES.filter((type) => types.includes(type) && kinds.includes(kindOf(type)));
  }

  /** What of it this agent has promised to handle. */
  #usable(agent: SessionAgent, types: readonly ClipboardType[]): ClipboardType[] {
    return this.#carried(types).filter((type) => agent.has(`clipboard.${kindOf(type)}`));
  }

  #maxBytes(type: ClipboardType): number {
    return this.#options.rules.maxBytes[kindOf(type)];
  }

  /** A client that reads slowly is not sent ever more: what does not fit is not there. */
  #sendContent(selection: Selection, type: ClipboardType, data: Content): void {
    const fits =
      this.#mayCross('to-client', type) &&
      data.length <= this.#line.maxClipboardBytes &&
      this.#line.hasRoomFor(data.length);
    if (!fits) this.#log.info('clipboard content is too long for the client', { bytes: data.length });
    if (fits) this.#line.sendContent(selection, type, data);
    else this.#line.send('clipboard', { selection, type: 'none', data: NOTHING });
  }

  /** Written down before the content moves. False when that must be and cannot. */
  #mayCross(direction: 'to-client' | 'to-guest', type: ClipboardType): boolean {
    try {
      const crossing = new Map([
        ['direction', direction],
        ['type', type],
      ]);
      const { audit } = this.#options;
      audit.after(audit.before(CLIPBOARD, crossing), { result: undefined });
      return true;
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      this.#log.info('clipboard content is not passed on', { reason: error.message });
      return false;
    }
  }

  /** Never rejects. Its answer means something only as long as the same owner has it, which the machine knows. */
  async #read(selection: Selection, id: number, type: ClipboardType): Promise<void> {
    const data = await this.#ask(selection, type).catch((error: unknown) => {
      this.#log.info('clipboard content could not be read', { reason: messageOf(error) });
      return undefined;
    });
    this.#feed(selection, { on: 'guest-answered', id, data });
    if (!(data instanceof Flow)) return;
    data.closeToReaders();
    collectSoon();
  }

  /** Whole: a message of SPICE that was begun has to be said to the end, whatever the session does meanwhile. */
  async #ask(selection: Selection, type: ClipboardType): Promise<Content | undefined> {
    const link = this.#agent?.link;
    if (link === undefined) return undefined;
    const maxBytes = Math.min(this.#maxBytes(type), this.#line.maxClipboardBytes);
    const wanted = { selection, type, maxBytes, direct: true };
    const { stream, size, content, why } = await link.call(clipboardRead, wanted, READ_MS);
    if (content !== undefined) return content.length > maxBytes ? undefined : content;
    if (stream !== undefined) {
      const flow = link.openStream(stream, { maxBytes, size, idleMs: READ_MS });
      await flow.ended();
      return flow;
    }
    if (why !== undefined) this.#log.info('clipboard content could not be read', { reason: why });
    return undefined;
  }
}

const NOTHING = new Uint8Array();

function hasClipboard(agent: SessionAgent): boolean {
  return agent.has('clipboard.text') || agent.has('clipboard.images');
}

/** `none` and types of the protocol that the session link has no word for are no type here. */
function known(type: string): ClipboardType | undefined {
  return CLIPBOARD_TYPES.find((one) => one === type);
}
