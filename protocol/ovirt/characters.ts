import { Secret } from '#shared/bytes/secret.ts';
import type { Printable } from '#shared/json/value.ts';

/**
 * What XML cannot carry, and so neither can VDSM: most control characters, lone surrogates, U+FFFE and U+FFFF. TAB, LF,
 * CR and U+0085 stay. With the flag `u` a surrogate pair is one character, and stays.
 * Source: VDSM guestagent.py and ovirt-guest-agent VirtIoChannel.py, which use the same set.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be found
const REFUSED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ud800-\udfff\ufffe\uffff]/gu;

export function filterText(text: string): string {
  return text.replace(REFUSED, '\ufffd');
}

/** The same value with all its strings filtered, names of members included. */
export function filterValue(value: Printable): Printable {
  if (typeof value === 'string') return filterText(value);
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value;
  if (Array.isArray(value)) return value.map(filterValue);
  return filterMembers(value);
}

/** Members of an object or Map, names and values filtered; those that are undefined are left out. */
export function filterMembers(object: object): Record<string, Printable> {
  const members: [string, Printable | undefined][] = object instanceof Map ? [...object] : Object.entries(object);
  return Object.fromEntries(
    members.flatMap(([name, value]) => (value === undefined ? [] : [[filterText(name), filterValue(value)]])),
  );
}
