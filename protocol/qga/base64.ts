import { Secret } from '#shared/bytes/secret.ts';
import { wipeable, wipeableCopy } from '#shared/bytes/wipeable.ts';
import { AgentError } from '#shared/errors.ts';

/** All that QEMU lets through. Source: util/base64.c. */
const ALPHABET = /^[A-Za-z0-9+/=\n]*$/;
const PADDING = '=';

/**
 * Decodes base64 as QEMU does: newlines may stand anywhere, an unfinished last group is dropped, and after padding more
 * groups may follow.
 * @throws {AgentError} 'invalid-argument' for any other character
 */
export function decodeBase64(text: string): Buffer {
  const whole = decodeWhole(text);
  if (whole !== undefined) return whole;
  if (!ALPHABET.test(text)) throw new AgentError('invalid-argument', 'Base64 data contains invalid characters');
  const joined = text.replaceAll('\n', '');
  return decodeWhole(joined) ?? decodeGroups(joined);
}

/** Decoded in pieces of so many characters, a multiple of four: text that is short costs V8 nothing. */
const STEP = 64 * 1024;

/**
 * A long text without ever making one string of it.
 * @param text ASCII
 * @param memory holds three quarters of it, and is overwritten in any case
 * @returns undefined for what no encoder writes: decodeBase64 knows whether it is valid
 */
export function decodeBase64Bytes(text: Buffer, memory: Buffer): Buffer | undefined {
  let size = 0;
  for (let at = 0; at < text.length; at += STEP) {
    const end = Math.min(at + STEP, text.length);
    const bytes = decodeWhole(text.toString('latin1', at, end), memory.subarray(size));
    if (bytes === undefined || (end < text.length && bytes.length < (STEP / 4) * 3)) return undefined;
    size += bytes.length;
  }
  return memory.subarray(0, size);
}

/**
 * The same without a string.
 * @returns is the caller's to wipe
 * @throws {AgentError} 'invalid-argument' as above
 */
export function decodeBase64Secret({ bytes: text }: Secret): Secret {
  const digits = wipeable(text.length);
  const bytes = wipeable(Math.floor(text.length / 4) * 3);
  try {
    let count = 0;
    for (const byte of text) if (byte !== NEWLINE) digits[count++] = byte;
    const invalid = digits.subarray(0, count).findIndex((byte) => byte !== EQUALS && VALUES[byte] === NONE);
    if (invalid !== -1) throw new AgentError('invalid-argument', 'Base64 data contains invalid characters');
    let size = 0;
    for (let at = 0; at + 4 <= count; at += 4) {
      let group = 0;
      for (const digit of digits.subarray(at, at + 4))
        group = group * 64 + (digit === EQUALS ? 0 : (VALUES[digit] ?? 0));
      bytes[size++] = group >> 16;
      if (digits[at + 2] !== EQUALS) bytes[size++] = group >> 8;
      if (digits[at + 3] !== EQUALS) bytes[size++] = group;
    }
    return new Secret(wipeableCopy(bytes.subarray(0, size)));
  } finally {
    digits.fill(0);
    bytes.fill(0);
  }
}

const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const NONE = 0xff;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = DIGITS.indexOf(String.fromCharCode(byte));
  return value === -1 ? NONE : value;
});

/**
 * What every encoder writes: whole groups, padded at the end only. Node skips what it does not know, so that a text of
 * the right length has no such character; but it also knows the two of the URL alphabet.
 */
function decodeWhole(text: string, memory?: Buffer): Buffer | undefined {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith(PADDING) ? 1 : 0;
  const size = (text.length / 4) * 3 - padding;
  const bytes = memory ?? Buffer.allocUnsafe(size);
  return bytes.write(text, 'base64') === size ? bytes.subarray(0, size) : undefined;
}

/** Group by group, as GLib does: padding counts as zero bits, and the last two characters say which bytes there are. */
function decodeGroups(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(Math.floor(text.length / 4) * 3);
  let size = 0;
  for (let at = 0; at + 4 <= text.length; at += 4) {
    const [a, b, c] = Buffer.from(text.slice(at, at + 4).replaceAll(PADDING, 'A'), 'base64') as Iterable<number>;
    if (a !== undefined) bytes[size++] = a;
    if (b !== undefined && text[at + 2] !== PADDING) bytes[size++] = b;
    if (c !== undefined && text[at + 3] !== PADDING) bytes[size++] = c;
  }
  return bytes.subarray(0, size);
}
