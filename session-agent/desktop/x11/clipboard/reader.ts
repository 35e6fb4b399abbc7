import type { Buffer } from 'node:buffer';
import type { Property } from 'x11';
import { ByteCollector } from '#shared/bytes/collector.ts';
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

export interface Converted {
  /** Atom of the property's type. */
  readonly type: number;
  readonly format: number;
  readonly bytes: Buffer;
}

/**
 * Asks the owner of a selection for one target, whole or in parts (ICCCM 2.4, INCR 2.7.2). Each conversion has a window
 * of its own: what an owner sends after we gave up meets a window that is gone.
 *
 * @returns undefined if the owner refuses, dies, has more than `maxBytes`, or `signal` is aborted
 */
export async function convert(
  x: XConnection,
  atoms: { readonly INCR: number; readonly UGA_SELECTION: number },
  { selection, target, time, maxBytes }: Conversion,
  signal: AbortSignal,
): Promise<Converted | undefined> {
  const bell = new Bell();
  const property = atoms.UGA_SELECTION;
  using window = x.createWindow(PROPERTY_CHANGE);
  const state: { answer?: 'refused' | 'given' } = {};
  using _listening = x.listen((event) => {
    if (event.name === 'SelectionNotify' && 'requestor' in event && event.requestor === window.id) {
      if (state.answer !== undefined || event.selection !== selection || event.target !== target) return;
      state.answer = event.property === property ? 'given' : 'refused';
      bell.ring();
    } else if (event.name === 'PropertyNotify' && event.wid === window.id && event.state === NEW_VALUE) {
      if (state.answer === 'given') bell.ring();
    }
  });
  /** Takes the property away, unless it is larger than what may still come. */
  const take = (room: number): Promise<Property> =>
    x.ask('clipboard content', (client, done) =>
      client.GetProperty(1, window.id, property, ANY_TYPE, 0, Math.ceil((room + 1) / 4), done),
    );

  x.client.ConvertSelection(window.id, selection, target, property, time);
  if (!(await bell.heard(IDLE_MS, signal)) || state.answer !== 'given') return undefined;
  const first = await take(maxBytes);
  if (first.type !== atoms.INCR) {
    const whole = first.type !== 0 && first.bytesAfter === 0 && first.data.length <= maxBytes;
    return whole ? { type: first.type, format: first.format, bytes: first.data } : undefined;
  }

  const collected = new ByteCollector(maxBytes);
  while (await bell.heard(IDLE_MS, signal)) {
    const part = await take(maxBytes - collected.length);
    if (part.type === 0) continue; // the value that was there before it began
    if (part.data.length === 0 && part.bytesAfter === 0) {
      return { type: part.type, format: part.format, bytes: collected.take() };
    }
    if (part.bytesAfter > 0 || collected.length + part.data.length > maxBytes) return undefined;
    collected.add(part.data);
  }
  return undefined;
}
