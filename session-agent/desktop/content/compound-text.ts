import { Buffer } from 'node:buffer';
import { TextDecoder } from 'node:util';

/**
 * COMPOUND_TEXT, the text of applications that are older than UTF8_STRING: ISO 2022 in eight bits. Escape sequences say
 * what the bytes below and above 0x80 (GL, GR) mean from there on; at first ASCII and the upper half of Latin-1.
 * Source: Compound Text Encoding, X Consortium Standard, version 1.1; its UTF-8 sequences are XFree86's addition.
 */
const ESC = 0x1b;
const STX = 0x02;
const UPPER = 0x80;
const UTF8_BEGINS = '%G';
const UTF8_ENDS = '%@';

/** Final byte of a set of 96 characters for GR (`ESC - F`): parts of ISO 8859. */
const PARTS: Readonly<Record<string, string>> = {
  ...{ A: 'iso-8859-1', B: 'iso-8859-2', C: 'iso-8859-3', D: 'iso-8859-4', F: 'iso-8859-7', G: 'iso-8859-6' },
  ...{ H: 'iso-8859-8', L: 'iso-8859-5', M: 'iso-8859-9', V: 'iso-8859-10', _: 'iso-8859-14', b: 'iso-8859-15' },
  f: 'iso-8859-16',
};
/** Final byte of a set of 94 by 94, for GL (`ESC $ ( F`) or GR (`ESC $ ) F`): with the upper bit, these encodings. */
const WIDE: Readonly<Record<string, string>> = { A: 'gbk', B: 'euc-jp', C: 'euc-kr' };
/** JIS X 0201, likewise. */
const KATAKANA: Readonly<Record<string, string>> = { I: 'shift_jis' };

/** What bytes of one half mean. */
type Meaning = (bytes: Buffer) => string;

const latin1: Meaning = (bytes) => bytes.toString('latin1');
const utf8: Meaning = (bytes) => bytes.toString('utf8');
const lost: Meaning = () => '\ufffd';

/** Never throws: what is in no encoding that we know becomes U+FFFD. */
export function decodeCompoundText(bytes: Buffer): string {
  let lower = latin1;
  let upper = latin1;
  let isUtf8 = false;
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== ESC) {
      const run = bytes.subarray(at, endOfRun(bytes, at, isUtf8));
      text += isUtf8 ? utf8(run) : meaningOf(run[0] ?? 0, lower, upper)(run);
      at += run.length;
      continue;
    }
    const sequence = escapeAt(bytes, at + 1);
    at += 1 + sequence.length;
    if (isUtf8 && sequence !== UTF8_ENDS) continue;
    const final = sequence.slice(-1);
    switch (sequence.slice(0, -1)) {
      case '%':
        isUtf8 = sequence === UTF8_BEGINS;
        break;
      case '%/': {
        const segment = extendedSegment(bytes.subarray(at));
        text += segment.text;
        at += segment.length;
        break;
      }
      case '(':
        lower = final in KATAKANA ? decoder(KATAKANA[final], UPPER) : latin1;
        break;
      case ')':
        upper = decoder(KATAKANA[final]);
        break;
      case '-':
        upper = decoder(PARTS[final]);
        break;
      case '$(':
        lower = decoder(WIDE[final], UPPER);
        break;
      case '$)':
        upper = decoder(WIDE[final]);
    }
  }
  return text;
}

/** Latin-1 as it is, everything else as UTF-8 between its escape sequences. */
export function encodeCompoundText(text: string): Buffer {
  // An escape in the text would be taken for one of ours.
  const parts = text.replaceAll('\x1b', '').split(/([\u0100-\u{10ffff}]+)/u);
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 0 ? Buffer.from(part, 'latin1') : Buffer.from(`\x1b${UTF8_BEGINS}${part}\x1b${UTF8_ENDS}`),
    ),
  );
}

/** Blanks and control characters mean themselves, whatever is in GL. */
function meaningOf(first: number, lower: Meaning, upper: Meaning): Meaning {
  if (first >= UPPER) return upper;
  return first <= 0x20 ? latin1 : lower;
}

/** End of the bytes from `at` that have one meaning. */
function endOfRun(bytes: Buffer, at: number, isUtf8: boolean): number {
  const kind = kindOf(bytes[at] ?? 0);
  let end = at + 1;
  while (end < bytes.length && bytes[end] !== ESC && (isUtf8 || kindOf(bytes[end] ?? 0) === kind)) end++;
  return end;
}

function kindOf(byte: number): 'control' | 'lower' | 'upper' {
  if (byte >= UPPER) return 'upper';
  return byte <= 0x20 ? 'control' : 'lower';
}

/** What follows an ESC: bytes 0x20 to 0x2f and a final one. Empty when it has another form. */
function escapeAt(bytes: Buffer, at: number): string {
  let end = at;
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xf0) === 0x20) end++;
  const final = bytes[end] ?? 0;
  return final >= 0x30 && final < 0x7f ? bytes.toString('latin1', at, end + 1) : '';
}

/** Length in two bytes of seven bits, name of the encoding, STX, text. */
function extendedSegment(bytes: Buffer): { readonly length: number; readonly text: string } {
  const length = 2 + ((bytes[0] ?? 0) & 0x7f) * 128 + ((bytes[1] ?? 0) & 0x7f);
  const segment = bytes.subarray(2, length);
  const name = segment.indexOf(STX);
  const meaning = name < 0 ? lost : decoder(segment.toString('latin1', 0, name));
  return { length, text: meaning(segment.subarray(name + 1)) };
}

/** @param setBits bits that bytes of GL get, so that they are what the encoding has them as */
function decoder(encoding: string | undefined, setBits = 0): Meaning {
  if (encoding === undefined) return lost;
  try {
    const decode = new TextDecoder(encoding);
    return (bytes) => decode.decode(setBits === 0 ? bytes : bytes.map((byte) => byte | setBits));
  } catch {
    return lost; // no encoding of that name
  }
}
