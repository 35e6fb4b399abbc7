import type { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';

/** The deepest message has four levels; a list of maps in a body in an envelope. */
export const MAX_DEPTH = 16;

/** Payload bytes behind a token of its own: nil, false, true, floats and integers. */
const FIXED = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
]);
/** Width of the length that follows the token: binaries and strings, arrays, maps. */
const RAW = new Map([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
]);
const ARRAY = new Map([
  [0xdc, 2],
  [0xdd, 4],
]);
const MAP = new Map([
  [0xde, 2],
  [0xdf, 4],
]);

/**
 * Refuses everything in a frame but one map, with names for keys, of nil, booleans, numbers, strings, binaries, arrays
 * and such maps again.
 *
 * The decoder behind it knows more than the link's format: whatever its options say, extension types make records (whose
 * readers are generated code), regular expressions, typed arrays and cyclic references out of bytes of an unprivileged
 * process. None of it gets there. Nothing is allocated here, and every step consumes a byte.
 *
 * @throws {AgentError} 'malformed'
 */
export function scanFrame(frame: Buffer): void {
  if (!isMap(frame[0])) throw new AgentError('malformed', 'frame that is not a map');
  const end = skipValue(frame, 0, MAX_DEPTH);
  if (end !== frame.length) throw new AgentError('malformed', `${frame.length - end} bytes behind the map of a frame`);
}

/** @returns where the next value begins */
function skipValue(frame: Buffer, at: number, levels: number): number {
  const token = frame[at];
  if (token === undefined) throw truncated();
  const next = at + 1;
  if (token < 0x80 || token >= 0xe0) return next;
  if (token < 0x90) return skipPairs(frame, next, token & 0x0f, levels);
  if (token < 0xa0) return skipItems(frame, next, token & 0x0f, levels);
  if (token < 0xc0) return skipBytes(frame, next, token & 0x1f);
  const fixed = FIXED.get(token);
  if (fixed !== undefined) return skipBytes(frame, next, fixed);
  const width = RAW.get(token) ?? ARRAY.get(token) ?? MAP.get(token);
  if (width === undefined) throw new AgentError('malformed', `token 0x${token.toString(16)} in a frame`);
  const content = skipBytes(frame, next, width);
  const length = frame.readUIntBE(next, width);
  if (RAW.has(token)) return skipBytes(frame, content, length);
  return ARRAY.has(token) ? skipItems(frame, content, length, levels) : skipPairs(frame, content, length, levels);
}

function skipBytes(frame: Buffer, at: number, length: number): number {
  if (length > frame.length - at) throw truncated();
  return at + length;
}

function skipItems(frame: Buffer, from: number, count: number, levels: number): number {
  if (levels === 0) throw new AgentError('malformed', `frame with more than ${MAX_DEPTH} levels`);
  let at = from;
  for (let item = 0; item < count; item++) at = skipValue(frame, at, levels - 1);
  return at;
}

function skipPairs(frame: Buffer, from: number, count: number, levels: number): number {
  if (levels === 0) throw new AgentError('malformed', `frame with more than ${MAX_DEPTH} levels`);
  let at = from;
  for (let pair = 0; pair < count; pair++) {
    if (!isString(frame[at])) throw new AgentError('malformed', 'map in a frame with a key that is not a string');
    at = skipValue(frame, skipValue(frame, at, 0), levels - 1);
  }
  return at;
}

function isMap(token: number | undefined): boolean {
  return token !== undefined && ((token & 0xf0) === 0x80 || MAP.has(token));
}

function isString(token: number | undefined): boolean {
  return token !== undefined && ((token & 0xe0) === 0xa0 || (token >= 0xd9 && token <= 0xdb));
}

function truncated(): AgentError {
  return new AgentError('malformed', 'frame that ends inside a value');
}
