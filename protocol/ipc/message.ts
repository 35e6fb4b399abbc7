import type { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';
import { type EncodableObject, encodeFrame, type IpcMap, type IpcValue } from './framing.ts';

/**
 * What one frame of the session link says: a map with `kind` and, as the kind demands, `id`, `name` and `body`.
 *
 * Ids are chosen by the side that asks or offers and are its own: request 1 of one side is not request 1 of the other.
 * A request is answered by exactly one `response` or `error`, also after `cancel`. An `error` with id 0 in place of the
 * hello says why the connection is refused. Streams: flow.ts.
 */
export type Envelope<Body> =
  | { readonly kind: 'notification'; readonly name: string; readonly body: Body }
  | { readonly kind: 'request'; readonly id: number; readonly name: string; readonly body: Body }
  | { readonly kind: 'response'; readonly id: number; readonly body: Body }
  | { readonly kind: 'error'; readonly id: number; readonly body: Body }
  /** The asker no longer waits. */
  | { readonly kind: 'cancel'; readonly id: number }
  /** One chunk of a stream, from its sender. */
  | { readonly kind: 'stream-data'; readonly id: number; readonly body: Uint8Array }
  /** The sender has sent everything. */
  | { readonly kind: 'stream-end'; readonly id: number }
  /** The sender gives up. It ends the stream like `stream-end`, and what came is worth nothing. */
  | { readonly kind: 'stream-abort'; readonly id: number }
  /** The receiver takes so many bytes more. */
  | { readonly kind: 'stream-credit'; readonly id: number; readonly body: number }
  /** The receiver wants no more; the sender answers with the end of the stream. */
  | { readonly kind: 'stream-stop'; readonly id: number };

export type Kind = Envelope<unknown>['kind'];

export interface ParsedEnvelope {
  /** Undefined for a kind that is not known here: to be counted and ignored, it comes from another release. */
  readonly envelope: Envelope<IpcMap> | undefined;
  /** Members without a meaning here; ignored, to be counted. */
  readonly unknownMembers: number;
}

const MAX_ID = 0xffff_ffff;
const NAME = /^[a-z][a-z0-9.-]{0,63}$/;
const NOTHING: IpcMap = new Map();

/**
 * The members of each kind and how they are read. Bodies of messages are maps, so that fields can be added; one without
 * fields may be absent.
 */
const READERS: { readonly [K in Kind]: (frame: IpcMap) => Extract<Envelope<IpcMap>, { kind: K }> } = {
  notification: (frame) => ({ kind: 'notification', name: nameOf(frame), body: bodyOf(frame) }),
  request: (frame) => ({ kind: 'request', id: idOf(frame), name: nameOf(frame), body: bodyOf(frame) }),
  response: (frame) => ({ kind: 'response', id: idOf(frame), body: bodyOf(frame) }),
  error: (frame) => ({ kind: 'error', id: idOf(frame), body: bodyOf(frame) }),
  cancel: (frame) => ({ kind: 'cancel', id: idOf(frame) }),
  'stream-data': (frame) => ({ kind: 'stream-data', id: idOf(frame), body: bytesOf(frame) }),
  'stream-end': (frame) => ({ kind: 'stream-end', id: idOf(frame) }),
  'stream-abort': (frame) => ({ kind: 'stream-abort', id: idOf(frame) }),
  'stream-credit': (frame) => ({ kind: 'stream-credit', id: idOf(frame), body: unsigned(frame, 'body') }),
  'stream-stop': (frame) => ({ kind: 'stream-stop', id: idOf(frame) }),
};

/** @throws {AgentError} 'malformed': a kind we know with members that are not its own; drop the connection. */
export function parseEnvelope(frame: IpcMap): ParsedEnvelope {
  const kind = frame.get('kind');
  if (typeof kind !== 'string') throw new AgentError('malformed', 'frame without a kind');
  if (!isKind(kind)) return { envelope: undefined, unknownMembers: 0 };
  const envelope = READERS[kind](frame);
  const unknownMembers = [...frame.keys()].filter((name) => !Object.hasOwn(envelope, name)).length;
  return { envelope, unknownMembers };
}

/** @throws {AgentError} 'invalid-argument' if it does not fit a frame. */
export function formatEnvelope(envelope: Envelope<EncodableObject>): Buffer {
  return encodeFrame({ ...envelope });
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(READERS, kind);
}

function idOf(frame: IpcMap): number {
  return unsigned(frame, 'id');
}

/** Names reach logs and counters, whoever sends them. */
function nameOf(frame: IpcMap): string {
  const name = frame.get('name');
  if (typeof name !== 'string' || !NAME.test(name)) throw unfit(frame, 'name');
  return name;
}

function bodyOf(frame: IpcMap): IpcMap {
  const body = frame.get('body') ?? NOTHING;
  if (!isMap(body)) throw unfit(frame, 'body');
  return body;
}

function bytesOf(frame: IpcMap): Uint8Array {
  const body = frame.get('body');
  if (!(body instanceof Uint8Array)) throw unfit(frame, 'body');
  return body;
}

function unsigned(frame: IpcMap, member: string): number {
  const value = frame.get(member);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_ID) throw unfit(frame, member);
  return value;
}

function isMap(value: IpcValue): value is IpcMap {
  return value instanceof Map;
}

function unfit(frame: IpcMap, member: string): AgentError {
  return new AgentError('malformed', `frame of kind ${frame.get('kind')} without a proper ${member}`);
}
