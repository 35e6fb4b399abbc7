import type { Buffer } from 'node:buffer';
import type { Property } from 'x11';
import { type Content, Flow, wholeOf } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { Bell } from '../bell.ts';
import { PROPERTY_CHANGE, type XConnection } from '../connection.ts';

/** An owner that lets us wait longer, for its answer or its next part, is taken for dead. */
const IDLE_MS = 5_000;
const NEW_VALUE = 0;
const ANY_TYPE = 0;

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
 * that dies later, and all else that `convert` has no content for, fails the flow.
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
    if (!(begun?.content instanceof Flow)) transfer[Symbol.dispose]();
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
    const first = await this.#take(maxBytes);
    const { type, format, data } = first;
    if (type !== this.#atoms.INCR) {
      const isWhole = type !== 0 && first.bytesAfter === 0 && data.length <= maxBytes;
      return isWhole ? { type, format, content: data } : undefined;
    }
    // The owner says how much it is at least.
    if (data.length >= 4 && data.readUInt32LE(0) > maxBytes) return undefined;
    const part = await this.#next(maxBytes);
    if (part === undefined) return undefined;
    if (part.data.length === 0) return { type: part.type, format: part.format, content: part.data };
    const content = new Flow(undefined, this.#giveUp);
    content.add(part.data, true);
    void this.#bring(content);
    return { type: part.type, format: part.format, content };
  }

  [Symbol.dispose](): void {
    this.#given.removeEventListener('abort', this.#giveUp);
    this.#listening[Symbol.dispose]();
    this.#window[Symbol.dispose]();
  }

  /** Never rejects. */
  async #bring(content: Flow): Promise<void> {
    try {
      for (;;) {
        const part = await this.#next(this.#conversion.maxBytes - content.arrived);
        if (part === undefined) return content.fail(new AgentError('failed', 'the application did not give all of it'));
        if (part.data.length === 0) return content.finish();
        content.add(part.data, true);
      }
    } catch (error) {
      content.fail(new AgentError('cancelled', 'the display is gone', { cause: error }));
    } finally {
      this[Symbol.dispose]();
    }
  }

  /** @returns the next part, an empty one at the end; undefined when there is none in time or more than fits */
  async #next(room: number): Promise<Property | undefined> {
    while (await this.#heard()) {
      const part = await this.#take(room);
      if (part.type === 0) continue; // the value that was there before it began
      return part.bytesAfter > 0 || part.data.length > room ? undefined : part;
    }
    return undefined;
  }

  #heard(): Promise<boolean> {
    return this.#bell.heard(IDLE_MS, this.#end.signal);
  }

  /** Takes the property away, unless it is larger than what may still come. */
  #take(room: number): Promise<Property> {
    return this.#x.ask('clipboard content', (client, done) =>
      client.GetProperty(1, this.#window.id, this.#atoms.UGA_SELECTION, ANY_TYPE, 0, Math.ceil((room + 1) / 4), done),
    );
  }
}
