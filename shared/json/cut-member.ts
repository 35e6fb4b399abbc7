import { wipeable, wipeableCopy } from '#shared/bytes/wipeable.ts';

/**
 * Takes a text out of the bytes of a JSON object before anything makes strings of them: what once was a string cannot be
 * wiped. Made for bytes of which nothing is known: where it is no JSON, more may be cut, and nothing is thrown.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const BLANK = 0x20;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Cuts each text that stands at top level under this name; an empty one is in its place.
 * @param name of ASCII letters
 * @returns the text's UTF-8 in memory of its own: the last one, as JSON.parse has it; undefined when there is none
 */
export function cutTexts(json: Buffer, name: string): Buffer | undefined {
  let cut: Buffer | undefined;
  let depth = 0;
  for (let at = 0; at < json.length; ) {
    const byte = json[at] as number;
    if (byte !== QUOTE) {
      if (OPENING.has(byte)) depth++;
      else if (CLOSING.has(byte)) depth--;
      at++;
      continue;
    }
    const end = endOfText(json, at);
    const next = skip(json, end, COLON);
    if (depth === 1 && next !== undefined && json[next] === QUOTE && isCalled(json.subarray(at + 1, end - 1), name)) {
      const valueEnd = endOfText(json, next);
      const closed = valueEnd - next > 1 && json[valueEnd - 1] === QUOTE;
      cut?.fill(0);
      cut = decode(json.subarray(next + 1, closed ? valueEnd - 1 : valueEnd));
      json.fill(BLANK, next + 1, valueEnd);
      if (valueEnd > next + 1) json[next + 1] = QUOTE;
      at = valueEnd;
    } else {
      at = end;
    }
  }
  return cut;
}

/** @returns where to go on after the closing quote, or the end */
function endOfText(json: Buffer, quote: number): number {
  let at = quote + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return Math.min(at + 1, json.length);
}

/** @returns where the first byte stands after white space, `wanted` and white space; undefined when that is not there */
function skip(json: Buffer, from: number, wanted: number): number | undefined {
  let at = from;
  while (WHITE.has(json[at] ?? 0)) at++;
  if (json[at] !== wanted) return undefined;
  at++;
  while (WHITE.has(json[at] ?? 0)) at++;
  return at;
}

function isCalled(escaped: Buffer, name: string): boolean {
  if (!escaped.includes(BACKSLASH)) return escaped.equals(Buffer.from(name));
  const decoded = decode(escaped);
  const isIt = decoded.equals(Buffer.from(name));
  decoded.fill(0); // a value that stands where a name should
  return isIt;
}

const SIMPLE: ReadonlyMap<number, number> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meaning]) => [letter.charCodeAt(0), meaning.charCodeAt(0)],
  ),
);
const LETTER_U = 0x75;
/** U+FFFD, as a lone surrogate becomes when a text is written as UTF-8. */
const REPLACEMENT = 0xfffd;

/** What stands between the quotes, RFC 8259, without any string. No text is longer than what it was written as. */
function decode(escaped: Buffer): Buffer {
  const text = wipeable(escaped.length);
  let size = 0;
  for (let at = 0; at < escaped.length; ) {
    const byte = escaped[at] as number;
    if (byte !== BACKSLASH) {
      text[size++] = byte;
      at++;
      continue;
    }
    const letter = escaped[at + 1] ?? 0;
    if (letter !== LETTER_U) {
      text[size++] = SIMPLE.get(letter) ?? letter;
      at += 2;
      continue;
    }
    const high = hex4(escaped, at + 2);
    const hasLow = escaped[at + 6] === BACKSLASH && escaped[at + 7] === LETTER_U;
    const low = hasLow ? hex4(escaped, at + 8) : 0;
    const isPair = (high & 0xfc00) === 0xd800 && (low & 0xfc00) === 0xdc00;
    const point = isPair
      ? 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff)
      : (high & 0xf800) === 0xd800
        ? REPLACEMENT
        : high;
    size = writeUtf8(text, size, point);
    at += isPair ? 12 : 6;
  }
  const exact = wipeableCopy(text.subarray(0, size));
  text.fill(0);
  return exact;
}

function hex4(bytes: Buffer, at: number): number {
  let value = 0;
  for (let digit = 0; digit < 4; digit++) value = value * 16 + hexDigit(bytes[at + digit] ?? 0);
  return value;
}

/** 0 for what is none: JSON.parse refuses such a text. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : 0;
}

/** @returns where the next character goes */
export function writeUtf8(bytes: Buffer, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point;
    return at + 1;
  }
  const length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (let index = length - 1; index > 0; index--)
    bytes[at + index] = 0x80 | ((point >> (6 * (length - 1 - index))) & 0x3f);
  bytes[at] = ((0xf00 >> length) & 0xff) | (point >> (6 * (length - 1)));
  return at + length;
}
