import { Buffer } from 'node:buffer';
import { type Content, Flow, wholeOf } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { Bell } from '../../bell.ts';
import { PROPERTY_CHANGE, type XConnection } from '../connection.ts';
import type { PropertyHead } from '../sieve.ts';

/** An owner that lets us wait longer, for its answer or its next part, is taken for dead. */
const IDLE_MS = 5_000;
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
  readonly UGA_SELECTION: number;
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
  const transfer = new Transfer(x, atoms, conversion, signal);
  let begun: Begun | undefined;
  try {
    begun = await transfer.begin();
  } finally {
    if (!(begun?.content instanceof Flow) || begun.content.hasEnded) transfer[Symbol.dispose]();
  }
  return begun;
}

/**
 * Each conversion has a window of its own: what an owner sends after we gave up meets a window that is gone. It lives as
 * long as its content comes.
 */
class Transfer implements Disposable {
  readonly #x: XConnection;
  readonly #atoms: ConversionAtoms;
  readonly #conversion: Conversion;
  readonly #window: ReturnType<XConnection['createWindow']>;
  readonly #listening: Disposable;
  readonly #bell = new Bell();
  readonly #given: AbortSignal;
  readonly #end = new AbortController();
  readonly #giveUp = () => this.#end.abort();
  readonly #content = new Flow(undefined, this.#giveUp);
  #announced: Buffer = Buffer.alloc(0);
  #answer: 'refused' | 'given' | undefined;

  constructor(x: XConnection, atoms: ConversionAtoms, conversion: Conversion, signal: AbortSignal) {
    this.#x = x;
    this.#atoms = atoms;
    this.#conversion = conversion;
    this.#given = signal;
    const window = x.createWindow(PROPERTY_CHANGE);
    this.#window = window;
    if (signal.aborted) this.#giveUp();
    signal.addEventListener('abort', this.#giveUp);
    this.#listening = x.listen((event) => {
      if (event.name === 'SelectionNotify' && 'requestor' in event && event.requestor === window.id) {
        const { selection, target } = conversion;
        if (this.#answer !== undefined || event.selection !== selection || event.target !== target) return;
        this.#answer = event.property === atoms.UGA_SELECTION ? 'given' : 'refused';
        this.#bell.ring();
      } else if (event.name === 'PropertyNotify' && event.wid === window.id && event.state === NEW_VALUE) {
        if (this.#answer === 'given') this.#bell.ring();
      }
    });
  }

  async begin(): Promise<Begun | undefined> {
    const { selection, target, time, maxBytes } = this.#conversion;
    this.#x.client.ConvertSelection(this.#window.id, selection, target, this.#atoms.UGA_SELECTION, time);
    if (!(await this.#heard()) || this.#answer !== 'given') return undefined;
    const first = await this.#take();
    if (first === undefined || first.type === 0) return undefined;
    if (first.type !== this.#atoms.INCR) return this.#begun(first, true);
    // The owner says how much it is at least.
    if (this.#least !== undefined && this.#least > maxBytes) return undefined;
    const part = await this.#next();
    return part && this.#begun(part, part.bytes === 0);
  }

  [Symbol.dispose](): void {
    this.#given.removeEventListener('abort', this.#giveUp);
    this.#listening[Symbol.dispose]();
    this.#window[Symbol.dispose]();
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
      if (part?.type === 0) continue; // it was the value that was there before it began
      return part?.type === this.#atoms.INCR ? undefined : part;
    }
    return undefined;
  }

  #heard(): Promise<boolean> {
    return this.#bell.heard(IDLE_MS, this.#end.signal);
  }

  /**
   * Takes the property away and its value into the content, unless it is larger than what may still come.
   * @returns undefined if it is
   */
  async #take(): Promise<PropertyHead | undefined> {
    const room = this.#conversion.maxBytes - this.#content.arrived;
    let taken: PropertyHead | undefined;
    await this.#x.takeProperty(this.#window.id, this.#atoms.UGA_SELECTION, room + 1, (head) => {
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
