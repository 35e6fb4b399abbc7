import { createHash } from 'node:crypto';
import { formatJson } from '#shared/json/format.ts';
import type { Printable } from '#shared/json/value.ts';

/** Where a chain of records ends: how many there have ever been, and the hash of the last, 64 hexadecimal digits. */
export interface Head {
  readonly count: number;
  readonly hash: string;
}

/** Before the first record. */
export const GENESIS: Head = { count: 0, hash: '0'.repeat(64) };

export type Members = Readonly<Record<string, Printable | undefined>>;

/**
 * The next record as a line of ASCII without its newline, `{"n": N, MEMBERS, "hash": "HEX"}`. The hash is SHA-256 over
 * the hash before, as digits, and the object without its member `hash`; so a chain can be checked with sha256sum(1).
 */
export function seal(head: Head, members: Members): { readonly line: string; readonly head: Head } {
  const count = head.count + 1;
  const object = formatJson({ n: count, ...members });
  const hash = hashOf(head.hash, object);
  return { line: `${object.slice(0, -1)}, "hash": "${hash}"}`, head: { count, hash } };
}

/** A line of the log, taken apart. */
export interface Sealed extends Head {
  /** What `seal` was given, as JSON has it. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Whether this line follows a record with that hash. */
  follows(hash: string): boolean;
}

const SHAPE = /^(\{"n": \d{1,15}, .*), "hash": "([0-9a-f]{64})"\}$/s;

/** @param line as Latin-1 text, so that what somebody else has written is hashed byte by byte. @returns undefined for what is no record */
export function unseal(line: string): Sealed | undefined {
  const [, start, hash] = SHAPE.exec(line) ?? [];
  if (start === undefined || hash === undefined) return undefined;
  try {
    const { n, ...members } = JSON.parse(`${start}}`) as Record<string, unknown>;
    if (typeof n !== 'number') return undefined;
    return { count: n, hash, members, follows: (before) => hashOf(before, `${start}}`) === hash };
  } catch {
    return undefined;
  }
}

function hashOf(before: string, object: string): string {
  return createHash('sha256').update(`${before}${object}`, 'latin1').digest('hex');
}
