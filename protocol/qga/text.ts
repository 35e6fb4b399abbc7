/**
 * The inside of a string token: escapes and UTF-8 as QEMU's agent reads them.
 *
 * Input is "modified UTF-8": NUL may be written as the two bytes C0 80. Surrogates, overlong forms, noncharacters and
 * anything above U+10FFFF are invalid, raw or escaped. Source: QEMU qobject/json-parser.c and util/unicode.c.
 */

import { wipeable, wipeableCopy } from '#shared/bytes/wipeable.ts';
import { writeUtf8 } from '#shared/json/cut-member.ts';

export type StringResult = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

export type SecretResult = { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly why: string };

const BACKSLASH = 0x5c;
const INVALID_UTF8 = 'invalid UTF-8 sequence in string';
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** @param token the string with its quotes */
export function decodeString(token: Buffer): StringResult {
  const end = token.length - 1;
  let text = '';
  let at = 1;
  while (at < end) {
    if (token[at] === BACKSLASH) {
      const escaped = decodeEscape(token, at);
      if ('why' in escaped) return { ok: false, why: escaped.why };
      text += String.fromCodePoint(escaped.value);
      at = escaped.end;
      continue;
    }
    const plainEnd = endOfAscii(token, at, end);
    if (plainEnd > at) {
      text += token.toString('latin1', at, plainEnd);
      at = plainEnd;
      continue;
    }
    const point = decodeCodePoint(token, at, end);
    if (point.value === undefined) return { ok: false, why: INVALID_UTF8 };
    text += String.fromCodePoint(point.value);
    at = point.end;
  }
  return { ok: true, text };
}

/**
 * The same without a string: UTF-8 in memory of its own.
 * @param token the string with its quotes
 */
export function decodeSecret(token: Buffer): SecretResult {
  const end = token.length - 1;
  const room = wipeable(token.length); // nothing is longer than what it was written as
  let size = 0;
  for (let at = 1; at < end; ) {
    const point = token[at] === BACKSLASH ? decodeEscape(token, at) : decodeCodePoint(token, at, end);
    if ('why' in point || point.value === undefined) {
      room.fill(0);
      return { ok: false, why: 'why' in point ? point.why : INVALID_UTF8 };
    }
    size = writeUtf8(room, size, point.value);
    at = point.end;
  }
  const bytes = wipeableCopy(room.subarray(0, size));
  room.fill(0);
  return { ok: true, bytes };
}

/**
 * Bytes as text for an error message: every invalid sequence becomes U+FFFD, and the text ends at a NUL, as a C string
 * does.
 */
export function describeBytes(bytes: Buffer): string {
  const nul = bytes.indexOf(0);
  const end = nul === -1 ? bytes.length : nul;
  let text = '';
  for (let at = 0; at < end; ) {
    const point = decodeCodePoint(bytes, at, end);
    text += point.value === undefined ? '\ufffd' : String.fromCodePoint(point.value);
    at = point.end;
  }
  return text;
}

function endOfAscii(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte >= 0x80 || byte === BACKSLASH) break;
    at++;
  }
  return at;
}

type Escape = { readonly value: number; readonly end: number } | { readonly why: string };

function decodeEscape(token: Buffer, at: number): Escape {
  const letter = String.fromCharCode(token[at + 1] ?? 0);
  const simple = SIMPLE_ESCAPES[letter];
  if (simple !== undefined) return { value: simple.charCodeAt(0), end: at + 2 };
  if (letter !== 'u') return { why: 'invalid escape sequence in string' };

  let end = at + 6;
  let point = hex4(token, at + 2);
  if (point >= 0xd800 && point <= 0xdbff && token[end] === BACKSLASH && token[end + 1] === 0x75) {
    const trailing = hex4(token, end + 2);
    if (trailing >= 0xdc00 && trailing <= 0xdfff) {
      point = 0x10000 + ((point & 0x3ff) << 10) + (trailing & 0x3ff);
      end += 6;
    } else {
      point = -1;
    }
  }
  if (isValidCodePoint(point)) return { value: point, end };
  return { why: `${describeBytes(token.subarray(at, end))} is not a valid Unicode character` };
}

/** @returns the value of four hexadecimal digits, or -1 */
function hex4(bytes: Buffer, at: number): number {
  const text = bytes.toString('latin1', at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : -1;
}

/** Smallest code point that needs a sequence of this many bytes. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000] as const;

/** One sequence of up to six bytes; `value` is undefined when it is invalid, and `end` is where to go on. */
function decodeCodePoint(bytes: Buffer, from: number, limit: number): { value: number | undefined; end: number } {
  const first = bytes[from] as number;
  let at = from + 1;
  if (first < 0x80) return { value: first, end: at };
  if (first >= 0xfe || (first & 0x40) === 0) return { value: undefined, end: at };
  const length = Math.clz32(~(first << 24));
  let value = first & (0x7f >> length);
  for (; at < from + length; at++) {
    const byte = at < limit ? (bytes[at] as number) : 0;
    if ((byte & 0xc0) !== 0x80) return { value: undefined, end: at };
    value = value * 64 + (byte & 0x3f);
  }
  const overlong = value < (SMALLEST[length] ?? 0) && !(value === 0 && length === 2);
  return { value: isValidCodePoint(value) && !overlong ? value : undefined, end: at };
}

function isValidCodePoint(point: number): boolean {
  if (point < 0 || point > 0x10ffff) return false;
  if (point >= 0xd800 && point <= 0xdfff) return false;
  const noncharacter = (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) === 0xfffe;
  return !noncharacter;
}
