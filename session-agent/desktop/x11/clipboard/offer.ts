import { Buffer } from 'node:buffer';
import type { Property, SelectionRequest } from 'x11';
import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import type { Provide } from '../../backend.ts';
import { CONTENT_TARGETS, encodeContent, isAsItIs, type TargetName } from '../../content/targets.ts';
import type { XConnection } from '../connection.ts';
import type { Atoms } from './atoms.ts';
import type { PropertySender } from './sender.ts';

/** Requests of applications that are being answered at the same time; more are refused. */
const MAX_ANSWERING = 64;
/** Conversions in one MULTIPLE request. */
const MAX_MULTIPLE = 32;
const REPLACE = 0;
const KEEP = 0;
/** Predefined atoms (X protocol, appendix B). */
const ATOM = 4;
const INTEGER = 19;
const NONE = 0;

/** What the host's side has and we give to applications, while we own one selection. */
export interface Offer {
  readonly types: readonly ClipboardType[];
  readonly provide: Provide;
  /** The server's time since when we own it. */
  readonly since: number;
}

/** Answers what applications ask the owner of a selection (ICCCM 2.6). Content is fetched when it is asked for, no sooner. */
export class Answering {
  #running = 0;

  constructor(
    private readonly x: XConnection,
    private readonly atoms: Atoms,
    private readonly sender: PropertySender,
  ) {}

  /** Never rejects. @param offer undefined: we own nothing (any more) */
  async answer(request: SelectionRequest, offer: Offer | undefined): Promise<void> {
    // Old clients name no property; the target is used then (ICCCM 2.2).
    const property = request.property === NONE ? request.target : request.property;
    const refused = offer === undefined || isBefore(request.time, offer.since) || this.#running >= MAX_ANSWERING;
    this.#running++;
    const done = refused ? false : await this.#fill(request, property, offer).catch(() => false);
    this.#running--;
    if (!this.x.alive) return;
    const { requestor, selection, target, time } = request;
    const notify = { name: 'SelectionNotify', requestor, selection, target, time, seq: 0 } as const;
    this.x.client.SendEvent(requestor, false, 0, { ...notify, property: done ? property : NONE });
  }

  async #fill(request: SelectionRequest, property: number, offer: Offer): Promise<boolean> {
    if (request.target !== this.atoms.MULTIPLE)
      return this.#convert(request.requestor, request.target, property, offer);
    if (request.property === NONE) return false;
    return this.#multiple(request.requestor, property, offer);
  }

  async #convert(requestor: number, target: number, property: number, offer: Offer): Promise<boolean> {
    const { TARGETS, TIMESTAMP, MULTIPLE } = this.atoms;
    const { client } = this.x;
    if (target === TARGETS) {
      const contents = offer.types.flatMap((type) => CONTENT_TARGETS[type]).map((name) => this.atoms[name]);
      const all = [TARGETS, TIMESTAMP, MULTIPLE, ...contents];
      client.ChangeProperty(REPLACE, requestor, property, ATOM, 32, all);
      return true;
    }
    if (target === TIMESTAMP) {
      client.ChangeProperty(REPLACE, requestor, property, INTEGER, 32, [offer.since]);
      return true;
    }
    // Others there are, but nothing that acts: SAVE_TARGETS would keep what belongs to the client, DELETE take it away.
    const type = offer.types.find((one) => this.#nameOf(one, target) !== undefined);
    const name = type && this.#nameOf(type, target);
    if (type === undefined || name === undefined) return false;
    const content = await offer.provide(type);
    if (content === undefined || !this.x.alive) return false;
    if (isAsItIs(name)) return this.sender.put(requestor, property, this.atoms[name], content);
    const { type: propertyType, bytes } = encodeContent(name, await wholeOf(content));
    return this.sender.put(requestor, property, this.atoms[propertyType], bytes);
  }

  #nameOf(type: ClipboardType, target: number): TargetName | undefined {
    return CONTENT_TARGETS[type].find((name) => this.atoms[name] === target);
  }

  /** Pairs of target and property; the property of a pair that fails becomes None (ICCCM 2.6.2). */
  async #multiple(requestor: number, property: number, offer: Offer): Promise<boolean> {
    const { ATOM_PAIR, MULTIPLE } = this.atoms;
    const list = await this.x.ask<Property>('conversions', (client, done) =>
      client.GetProperty(KEEP, requestor, property, ATOM_PAIR, 0, 2 * MAX_MULTIPLE, done),
    );
    if (list.type !== ATOM_PAIR || list.format !== 32 || list.bytesAfter > 0 || list.data.length % 8 !== 0)
      return false;
    const pairs = Buffer.from(list.data);
    const convert = async (at: number): Promise<void> => {
      const [target, into] = [pairs.readUInt32LE(at), pairs.readUInt32LE(at + 4)];
      const refused = target === MULTIPLE || into === NONE;
      const done = !refused && (await this.#convert(requestor, target, into, offer).catch(() => false));
      if (!done) pairs.writeUInt32LE(NONE, at + 4);
    };
    // Together, so that the host is asked once for a type that is wanted in several forms.
    await Promise.all(Array.from({ length: pairs.length / 8 }, (_, index) => convert(8 * index)));
    this.x.client.ChangeProperty(REPLACE, requestor, property, ATOM_PAIR, 32, pairs);
    return true;
  }
}

/** Server times wrap around after 49 days; 0 means "now". */
function isBefore(time: number, since: number): boolean {
  return time !== 0 && ((time - since) | 0) < 0;
}
