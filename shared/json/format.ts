import { Secret } from '#shared/bytes/secret.ts';
import { Base64, type Printable } from './value.ts';

/**
 * JSON text as QEMU's agent prints it: `": "` after a name, `", "` between members, one line, ASCII only (a client that
 * scans for the byte 0xFF must not meet it inside an answer). Escapes are `\b \f \n \r \t \" \\` and upper-case `\uXXXX`
 * for other control characters, DEL and everything beyond; lone surrogates become U+FFFD.
 *
 * A secret is never printed, but null in its place. Integers are printed exactly; other numbers with 17 significant digits like C's `%.17g`.
 * Source: QEMU qobject/qjson.c and qobject/json-writer.c.
 */
export function formatJson(value: Printable): string {
  return formatJsonPieces(value)
    .map((piece) => (typeof piece === 'string' ? piece : piece.bytes.toString('base64')))
    .join('');
}

/** The same in pieces, for who writes bytes: what is printed as base64 need never be text. */
export function formatJsonPieces(value: Printable): readonly (string | Base64)[] {
  const text = new Text();
  format(value, text);
  return text.pieces();
}

class Text {
  /** What has been written since the last base64. */
  tail = '';
  readonly #before: (string | Base64)[] = [];

  addBase64(bytes: Base64): void {
    this.#before.push(this.tail, bytes);
    this.tail = '';
  }

  pieces(): readonly (string | Base64)[] {
    return this.#before.length === 0 ? [this.tail] : [...this.#before, this.tail];
  }
}

function format(value: Printable, text: Text): void {
  switch (typeof value) {
    case 'string':
      text.tail += quote(value);
      return;
    case 'bigint':
      text.tail += value.toString();
      return;
    case 'number':
      text.tail += formatNumber(value);
      return;
    case 'boolean':
      text.tail += value ? 'true' : 'false';
      return;
  }
  if (value === null) text.tail += 'null';
  else if (Array.isArray(value)) formatArray(value, text);
  else if (value instanceof Base64) formatBase64(value, text);
  else if (value instanceof Secret) text.tail += 'null';
  else if (value instanceof Map) formatMembers(value, text);
  else formatMembers(Object.entries(value), text);
}

function formatArray(items: readonly Printable[], text: Text): void {
  text.tail += '[';
  let separator = '';
  for (const item of items) {
    text.tail += separator;
    separator = ', ';
    format(item, text);
  }
  text.tail += ']';
}

function formatMembers(members: Iterable<readonly [string, Printable | undefined]>, text: Text): void {
  text.tail += '{';
  let separator = '';
  for (const [name, value] of members) {
    if (value === undefined) continue;
    text.tail += `${separator}${quote(name)}: `;
    separator = ', ';
    format(value, text);
  }
  text.tail += '}';
}

/** Has nothing to escape. */
function formatBase64(bytes: Base64, text: Text): void {
  text.tail += '"';
  text.addBase64(bytes);
  text.tail += '"';
}

/** Everything outside printable ASCII, and the two characters that end or escape a string. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be found
const SPECIAL = /["\\\u0000-\u001f\u007f-\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const EACH_SPECIAL = /[\ud800-\udbff][\udc00-\udfff]|["\\\u0000-\u001f\u007f-\uffff]/g;

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function quote(text: string): string {
  return SPECIAL.test(text) ? `"${text.replace(EACH_SPECIAL, escapeCharacter)}"` : `"${text}"`;
}

function escapeCharacter(match: string): string {
  const short = SHORT[match];
  if (short !== undefined) return short;
  if (match.length === 2) return unit(match.charCodeAt(0)) + unit(match.charCodeAt(1));
  const code = match.charCodeAt(0);
  return unit(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
}

function unit(code: number): string {
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

const DIGITS = 17;

/** C's `%.17g`; JSON has no infinity, so what does not fit a double is the largest one. */
function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '-0' : value.toString();
  if (Number.isNaN(value)) return '0';
  if (!Number.isFinite(value)) return formatNumber(value > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE);
  const [mantissa = '', exponentText = ''] = value.toExponential(DIGITS - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= DIGITS) {
    const sign = exponent < 0 ? '-' : '+';
    return `${trimZeros(mantissa)}e${sign}${Math.abs(exponent).toString().padStart(2, '0')}`;
  }
  return trimZeros(value.toFixed(Math.min(100, DIGITS - 1 - exponent)));
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
