import { Buffer } from 'node:buffer';
import type { SelectionNotify } from 'x11';
import { type Content, Flow, wholeOf } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { Bell } from '../../bell.ts';
import { SILENCE_MS } from '../../content/silence.ts';
import { PROPERTY_CHANGE, type XConnection } from '../connection.ts';
import type { PropertyHead } from '../sieve.ts';

/**
 * How long an owner is silent before it is asked again, each time twice as long: some forget who asks while they give to another
 * in parts (xclip, of which GNOME takes a copy at once, as clipboard managers do).
 */
const ASK_AGAIN_MS = 1_000;
/** How often content is asked for whose parts the owner has mixed up. */
const TRIES = 3;
/** Between parts that nobody wants any more. */
const DRAIN_MS = 2_000;
const NEW_VALUE = 0;
/** Content up to this length is no flow: it goes within one message. */
const SHORT_BYTES = 64 * 1024;

export interface Conversion {
  readonly selection: number;
  readonly target: number;
  /** The server's time of the event that made us ask (ICCCM 2.4). */
  readonly time: number;
  readonly maxBytes: number;
}

interface Form {
  /** Atom of the property's type. */
  readonly type: number;
  readonly format: number;
}

export interface Begun extends Form {
  readonly content: Content;
}

export interface Converted extends Form {
  readonly bytes: Buffer;
}

/** The part of the atoms that a conversion needs. */
interface ConversionAtoms {
  readonly INCR: number;
  readonly TARGETS: number;
  readonly UGA_SELECTION: number;
}

interface Question {
  readonly window: ReturnType<XConnection['createWindow']>;
  readonly target: number;
}

/**
 * Asks the owner of a selection for one target, whole or in parts (ICCCM 2.4, INCR 2.7.2).
 *
 * @returns undefined if the owner refuses, dies, has more than `maxBytes`, or `signal` is aborted
 */
export async function convert(
  x: XConnection,
  atoms: ConversionAtoms,
  conversion: Conversion,
  signal: AbortSignal,
): Promise<Converted | undefined> {
  const begun = await beginConversion(x, atoms, conversion, signal);
  if (begun === undefined) return undefined;
  const { type, format, content } = begun;
  try {
    return { type, format, bytes: await wholeOf(content) };
  } catch {
    return undefined;
  }
}

/**
 * The same, and what comes in parts is told of with the first: the owner says only at the end how much it is. The owner
 * that dies later, and all else that `convert` has no content for, fails the flow. What is short is no flow.
 */
export async function beginConversion(
  x: XConnection,
  atoms: ConversionAtoms,
  conversion: Conversion,
  signal: AbortSignal,
): Promise<Begun | undefined> {
  for (let left = TRIES; ; left--) {
    const transfer = new Transfer(x, atoms, conversion, signal);
    let begun: Begun | undefined;
    try {
      begun = await transfer.begin();
      if (begun !== undefined || !transfer.hasLost || left === 1) return begun;
      await transfer.drain();
    } finally {
      if (!(begun?.content instanceof Flow) || begun.content.hasEnded) transfer[Symbol.dispose]();
    }
  }
}

/**
 * Each question has a window of its own: what an owner sends after we gave up meets a window that is gone, and a second answer
 * does not get into the first. They live as long as the content comes.
 */
class Transfer implements Disposable {
  readonly #x: XConnection;
  readonly #atoms: ConversionAtoms;
  readonly #conversion: Conversion;
  readonly #asked: Question[] = [];
  readonly #listening: Disposable;
  readonly #bell = new Bell();
  readonly #given: AbortSignal;
  readonly #end = new AbortController();
  readonly #giveUp = () => this.#end.abort();
  readonly #content = new Flow(undefined, this.#giveUp);
  #announced: Buffer = Buffer.alloc(0);
  /** That which the owner has answered. */
  #window = 0;
  #answer: 'refused' | 'given' | undefined;
  /** The owner has answered a question that was only asked to see whether it does. */
  #isAwake = false;
  /** The property has a value that was not taken. */
  #isFull = false;
  #hasLost = false;

  constructor(x: XConnection, atoms: ConversionAtoms, conversion: Conversion, signal: AbortSignal) {
    this.#x = x;
    this.#atoms = atoms;
    this.#conversion = conversion;
    this.#given = signal;
    if (signal.aborted) this.#giveUp();
    signal.addEventListener('abort', this.#giveUp);
    this.#listening = x.listen((event) => {
      if (event.name === 'SelectionNotify' && 'requestor' in event) {
        if (event.selection === conversion.selection) this.#answered(event);
      } else if (event.name === 'PropertyNotify' && event.wid === this.#window)
        this.#changed(event.state === NEW_VALUE);
    });
  }

  /**
   * A part was replaced before it was taken, so nothing that came is worth anything. xclip takes what another requestor does for
   * ours when both ask at about the same time.
   */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  async begin(): Promise<Begun | undefined> {
    const { maxBytes } = this.#conversion;
    await this.#askUntilAnswered();
    if (this.#answer !== 'given' || this.#end.signal.aborted) return undefined;
    const first = await this.#take();
    if (first === undefined || first.type === 0 || this.#hasLost) return undefined;
    if (first.type !== this.#atoms.INCR) return this.#begun(first, true);
    // The owner says how much it is at least.
    if (this.#least !== undefined && this.#least > maxBytes) return undefined;
    const part = await this.#next();
    return part && this.#begun(part, part.bytes === 0);
  }

  /** An owner that gives in parts and is left in the middle may never give anything again. */
  async drain(): Promise<void> {
    while (await this.#bell.heard(DRAIN_MS, this.#end.signal)) {
      const part = await this.#take();
      if (part === undefined || (part.type !== 0 && part.bytes === 0)) return;
    }
  }

  [Symbol.dispose](): void {
    this.#given.removeEventListener('abort', this.#giveUp);
    this.#listening[Symbol.dispose]();
    for (const { window } of this.#asked) window[Symbol.dispose]();
  }

  /**
   * Comes back with an answer, or when there will be none. Content may be encoded anew for each question, so it is asked for
   * once more only, by an owner that has answered something else meanwhile.
   */
  async #askUntilAnswered(): Promise<void> {
    const { target } = this.#conversion;
    const { TARGETS } = this.#atoms;
    const end = performance.now() + SILENCE_MS;
    let wasForgotten = false;
    this.#ask(target);
    for (let pause = ASK_AGAIN_MS; ; pause *= 2) {
      await this.#bell.heard(Math.min(pause, end - performance.now()), this.#end.signal);
      if (this.#answer !== undefined || this.#end.signal.aborted || performance.now() >= end) return;
      if (wasForgotten) continue;
      wasForgotten = this.#isAwake;
      this.#ask(wasForgotten ? target : TARGETS);
    }
  }

  #ask(target: number): void {
    const { selection, time } = this.#conversion;
    const window = this.#x.createWindow(PROPERTY_CHANGE);
    this.#asked.push({ window, target });
    this.#x.client.ConvertSelection(window.id, selection, target, this.#atoms.UGA_SELECTION, time);
  }

  #answered({ requestor, target, property }: SelectionNotify): void {
    const isOurs = this.#asked.some((asked) => asked.window.id === requestor && asked.target === target);
    if (this.#answer !== undefined || !isOurs) return;
    if (target === this.#conversion.target) {
      this.#answer = property === this.#atoms.UGA_SELECTION ? 'given' : 'refused';
      this.#window = requestor;
      this.#isFull = true;
    } else this.#isAwake = true;
    this.#bell.ring();
  }

  /** Parts come one by one: each is to be taken before the next. */
  #changed(hasValue: boolean): void {
    if (hasValue && this.#isFull) this.#hasLost = true;
    this.#isFull = hasValue;
    if (hasValue) this.#bell.ring();
  }

  async #begun({ type, format }: Form, isWhole: boolean): Promise<Begun> {
    const content = this.#content;
    if (isWhole) content.finish();
    else void this.#bring();
    return { type, format, content: isWhole && content.length <= SHORT_BYTES ? await content.whole() : content };
  }

  /** Never rejects. */
  async #bring(): Promise<void> {
    const content = this.#content;
    try {
      for (;;) {
        const part = await this.#next();
        if (part === undefined) return content.fail(new AgentError('failed', 'the application did not give all of it'));
        if (part.bytes === 0) return content.finish();
      }
    } catch (error) {
      content.fail(new AgentError('cancelled', 'the display is gone', { cause: error }));
    } finally {
      this[Symbol.dispose]();
    }
  }

  /** @returns what the next part was, an empty one at the end; undefined when there is none in time or more than fits */
  async #next(): Promise<PropertyHead | undefined> {
    while (await this.#heard()) {
      const part = await this.#take();
      if (this.#hasLost) return undefined;
      if (part?.type === 0) continue; // it was the value that was there before it began
      return part?.type === this.#atoms.INCR ? undefined : part;
    }
    return undefined;
  }

  #heard(): Promise<boolean> {
    return this.#bell.heard(SILENCE_MS, this.#end.signal);
  }

  /**
   * Takes the property away and its value into the content, unless it is larger than what may still come.
   * @returns undefined if it is
   */
  async #take(): Promise<PropertyHead | undefined> {
    const room = this.#conversion.maxBytes - this.#content.arrived;
    let taken: PropertyHead | undefined;
    await this.#x.takeProperty(this.#window, this.#atoms.UGA_SELECTION, room + 1, (head) => {
      if (head.type === this.#atoms.INCR) {
        taken = head;
        return (part) => this.#begins(part);
      }
      if (head.bytesAfter > 0 || head.bytes > room) return undefined;
      taken = head;
      return (part) => this.#content.add(part);
    });
    return taken;
  }

  /** @param part of the property that announces parts: four bytes, which may come apart */
  #begins(part: Uint8Array): void {
    this.#announced = Buffer.concat([this.#announced, part]).subarray(0, 4);
  }

  get #least(): number | undefined {
    return this.#announced.length === 4 ? this.#announced.readUInt32LE(0) : undefined;
  }
}
