import { Base64, type Printable } from './value.ts';

/**
 * JSON text as QEMU's agent prints it: `": "` after a name, `", "` between members, one line, ASCII only (a client that
 * scans for the byte 0xFF must not meet it inside an answer). Escapes are `\b \f \n \r \t \" \\` and upper-case `\uXXXX`
 * for other control characters, DEL and everything beyond; lone surrogates become U+FFFD.
 *
 * Integers are printed exactly; other numbers with 17 significant digits like C's `%.17g`.
 * Source: QEMU qobject/qjson.c and qobject/json-writer.c.
 */
export function formatJson(value: Printable): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'bigint':
      return value.toString();
    case 'number':
      return formatNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return formatArray(value);
  if (value instanceof Base64) return `"${value.bytes.toString('base64')}"`;
  if (value instanceof Map) return formatMembers(value);
  return formatMembers(Object.entries(value));
}

function formatArray(items: readonly Printable[]): string {
  let text = '[';
  for (const item of items) text += text.length > 1 ? `, ${formatJson(item)}` : formatJson(item);
  return `${text}]`;
}

function formatMembers(members: Iterable<readonly [string, Printable | undefined]>): string {
  let text = '{';
  for (const [name, value] of members) {
    if (value === undefined) continue;
    if (text.length > 1) text += ', ';
    text += `${quote(name)}: ${formatJson(value)}`;
  }
  return `${text}}`;
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
