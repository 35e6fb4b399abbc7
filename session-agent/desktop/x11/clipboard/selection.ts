import type { Buffer } from 'node:buffer';
import type { OwnerNotify, SelectionClear, SelectionRequest } from 'x11';
import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import { type Content, Flow } from '#shared/bytes/flow.ts';
import type { Provide } from '../../backend.ts';
import { chooseTargets, decodeContent } from '../../content/targets.ts';
import type { XConnection } from '../connection.ts';
import type { Atoms } from './atoms.ts';
import type { Answering, Offer } from './offer.ts';
import { beginConversion, convert } from './reader.ts';

/** Longest list of targets that is looked at. */
const MAX_TARGETS = 256;
const NONE = 0;
const SET_OWNER = 0;
const APPEND = 2;
const INTEGER = 19;

/** What is told of one selection; see ClipboardListener. */
export interface SelectionListener {
  took(): void;
  copied(types: readonly ClipboardType[]): void;
  cleared(): void;
}

/** The application that owns the selection, and what to ask it for. */
interface Source {
  /** Its best target of each type. */
  readonly targets: ReadonlyMap<ClipboardType, number>;
  readonly time: number;
}

/**
 * One selection: watched through XFixes, read from the application that owns it, or owned by us for the host's side.
 *
 * What the server told before it dealt with our last change of owner is history, and so is every answer to a question
 * that was asked before the owner changed again (`#generation`): acting on it would take the clipboard back from whoever
 * has it now.
 */
export class XSelection {
  #generation = 0;
  /** Ends the question what the owner before has: an application may change hands with every movement of the mouse. */
  #asking = new AbortController();
  #source: Source | undefined;
  #offer: Offer | undefined;
  /** Number of our last SetSelectionOwner. */
  #changed = 0;
  #changing: Promise<void> = Promise.resolve();

  constructor(
    private readonly x: XConnection,
    private readonly window: number,
    private readonly selection: number,
    private readonly atoms: Atoms,
    private readonly answering: Answering,
    private readonly listener: SelectionListener,
  ) {}

  /** Tells who owns it now, unless a change that comes meanwhile tells it first. */
  async look(): Promise<void> {
    const generation = this.#generation;
    const time = await this.#serverTime();
    const owner = await this.#owner();
    if (generation === this.#generation && owner !== this.window) await this.#owned(owner, time);
  }

  /** XFixes says that the owner has changed. */
  async ownerChanged(event: OwnerNotify): Promise<void> {
    if (event.seq < this.#changed || event.owner === this.window) return;
    await this.#owned(event.subtype === SET_OWNER ? event.owner : NONE, event.selectionTimestamp);
  }

  lost(event: SelectionClear): void {
    if (event.seq >= this.#changed) this.#offer = undefined;
  }

  asked(request: SelectionRequest): Promise<void> {
    return this.answering.answer(request, this.#offer);
  }

  /** See ClipboardPort.read. */
  async read(type: ClipboardType, maxBytes: number, signal: AbortSignal): Promise<Content | undefined> {
    const source = this.#source;
    const target = source?.targets.get(type);
    if (source === undefined || target === undefined) return undefined;
    const conversion = { selection: this.selection, target, time: source.time, maxBytes };
    if (type !== 'text') {
      const begun = await beginConversion(this.x, this.atoms, conversion, signal);
      if (begun?.format === 8) return begun.content;
      if (begun?.content instanceof Flow) begun.content.stop();
      return undefined;
    }
    // Which letters the bytes are is known with the last of them.
    const converted = await convert(this.x, this.atoms, conversion, signal);
    if (converted === undefined || converted.format !== 8) return undefined;
    const content = decodeContent(type, await this.#atomName(converted.type), converted.bytes);
    return content.length > maxBytes ? undefined : content; // Latin-1 grows when it becomes UTF-8
  }

  /** See ClipboardPort.offer. When an application is quicker, it stays the owner and is told of. */
  offer(types: readonly ClipboardType[], provide: Provide): Promise<void> {
    return this.#change(async () => {
      const generation = this.#begin();
      const since = await this.#serverTime();
      if (generation !== this.#generation) return;
      this.#source = undefined;
      this.#offer = { types, provide, since };
      this.#setOwner(this.window, since);
      const owner = await this.#owner();
      if (owner === this.window) return;
      this.#offer = undefined;
      await this.#owned(owner, since);
    });
  }

  /** The time makes sure that only our own ownership ends (ICCCM 2.3.1). */
  withdraw(): Promise<void> {
    return this.#change(async () => {
      if (this.#offer === undefined) return;
      const { since } = this.#offer;
      this.#offer = undefined;
      this.#setOwner(NONE, since);
    });
  }

  /** What was asked before is of no interest any more. */
  #begin(): number {
    this.#asking.abort();
    this.#asking = new AbortController();
    return ++this.#generation;
  }

  async #owned(owner: number, time: number): Promise<void> {
    const generation = this.#begin();
    this.#offer = undefined;
    this.#source = undefined;
    if (owner === NONE) return this.listener.cleared();
    this.listener.took();
    const source = await this.#askTargets(time, generation).catch(() => undefined);
    if (generation !== this.#generation) return;
    this.#source = source;
    if (source === undefined) this.listener.cleared();
    else this.listener.copied([...source.targets.keys()]);
  }

  async #askTargets(time: number, generation: number): Promise<Source | undefined> {
    const conversion = { selection: this.selection, target: this.atoms.TARGETS, time, maxBytes: 4 * MAX_TARGETS };
    const list = await convert(this.x, this.atoms, conversion, this.#asking.signal);
    if (list === undefined || list.format !== 32 || generation !== this.#generation) return undefined;
    const offered = [...words(list.bytes)];
    const named = await Promise.all(offered.map(async (atom) => ({ atom, name: await this.#atomName(atom) })));
    const targets = chooseTargets(named);
    return targets.size === 0 ? undefined : { targets, time };
  }

  /** @returns '' for an atom that does not exist */
  #atomName(atom: number): Promise<string> {
    return this.x.ask<string>('atom', (client, done) => client.GetAtomName(atom, done)).catch(() => '');
  }

  #owner(): Promise<number> {
    return this.x.ask('owner', (client, done) => client.GetSelectionOwner(this.selection, done));
  }

  #setOwner(owner: number, time: number): void {
    this.x.client.SetSelectionOwner(owner, this.selection, time);
    this.#changed = this.x.client.seq_num;
  }

  /** One change of owner after the other; each knows how the one before it ended. */
  #change(action: () => Promise<void>): Promise<void> {
    const result = this.#changing.then(action);
    this.#changing = result.catch(() => {});
    return result;
  }

  /**
   * "Now" in the server's words: the time of a change to a property of our own window (ICCCM 2.1). The server sends it
   * before the answer to what is asked after the change.
   */
  async #serverTime(): Promise<number> {
    const { x, window } = this;
    const property = this.atoms.UGA_TIME;
    let time = 0;
    using _listening = x.listen((event) => {
      if (event.name === 'PropertyNotify' && event.wid === window && event.atom === property) time = event.time;
    });
    x.client.ChangeProperty(APPEND, window, property, INTEGER, 32, []);
    await this.#owner();
    return time;
  }
}

function* words(bytes: Buffer): Generator<number> {
  for (let at = 0; at + 4 <= bytes.length; at += 4) yield bytes.readUInt32LE(at);
}
