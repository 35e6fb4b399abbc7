import { closeSync } from 'node:fs';
import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import type { DataControl } from '#protocol/wayland/data-control.ts';
import type { Content } from '#shared/bytes/flow.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import { enlargePipe, makePipe } from '#shared/native/pipe.ts';
import { chooseTargets, decodeContent } from '../../content/targets.ts';
import type { WaylandObject } from '../object.ts';
import { receiveContent } from './incoming.ts';

/** Longest list of names that is looked at. */
const MAX_NAMES = 256;

/** What somebody offers in a selection. */
export class Offered {
  readonly #names: string[] = [];

  constructor(private readonly offer: WaylandObject<DataControl['offer']>) {
    offer.listen({
      offer: ({ mime_type }) => {
        if (this.#names.length < MAX_NAMES) this.#names.push(mime_type);
      },
    });
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  /** The types that we carry, in our order. */
  get types(): readonly ClipboardType[] {
    return [...this.#targets.keys()];
  }

  /** See ClipboardPort.read. */
  async read(type: ClipboardType, maxBytes: number, signal: AbortSignal): Promise<Content | undefined> {
    const name = this.#targets.get(type);
    if (name === undefined || !this.offer.isAlive) return undefined;
    const { readEnd, writeEnd } = makePipe('readEnd');
    enlargePipe(readEnd);
    try {
      this.offer.send('receive', { mime_type: name, fd: writeEnd });
    } catch (error) {
      closeSync(readEnd);
      throw error;
    }
    const content = await receiveContent(readEnd, maxBytes, signal);
    if (type !== 'text' || content === undefined) return content;
    try {
      return fitting(decodeContent(type, encodingOf(name), await wholeOf(content)), maxBytes);
    } catch {
      return undefined; // it has failed before its end
    }
  }

  destroy(): void {
    this.offer.send('destroy', {});
  }

  get #targets(): ReadonlyMap<ClipboardType, string> {
    return chooseTargets(this.#names.map((name) => ({ name, atom: name })));
  }
}

/** Names do not say which letters the bytes are: the same application gives the same bytes under all of X's. */
function encodingOf(name: string): string {
  return name === 'COMPOUND_TEXT' ? name : 'TEXT';
}

/** Latin-1 grows when it becomes UTF-8. */
function fitting(content: Buffer, maxBytes: number): Buffer | undefined {
  return content.length > maxBytes ? undefined : content;
}
