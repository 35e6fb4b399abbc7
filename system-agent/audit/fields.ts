import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue, Printable } from '#shared/json/value.ts';
import type { Rule, Showing } from './audit.ts';
import type { Members } from './chain.ts';

/** Of a text; a path that the kernel takes is shorter. */
const MAX_TEXT = 4096;
const MAX_ITEMS = 16;
/** Of an item in a list. */
const MAX_ITEM = 256;

/** The arguments that a rule names, and no others. */
export function shownArguments(rule: Rule, args: JsonObject): Members {
  const shown: Record<string, Printable | undefined> = {};
  for (const [name, showing] of Object.entries(rule.args ?? {})) {
    const value = args.get(name);
    if (value !== undefined) shown[name] = show(value, showing);
  }
  return shown;
}

/** What a rule names of an answer. */
export function shownResult(rule: Rule, result: Printable | undefined): Printable | undefined {
  if (rule.result === undefined || result === undefined || result === null) return undefined;
  if (rule.result === 'value') return isScalar(result) ? result : undefined;
  if (typeof result !== 'object' || Array.isArray(result)) return undefined;
  const members = result as Readonly<Record<string, Printable | undefined>>;
  return Object.fromEntries(rule.result.map((name) => [name, members[name]]).filter(([, value]) => isScalar(value)));
}

function show(value: JsonValue, showing: Showing): Printable | undefined {
  const items = Array.isArray(value) ? (value as readonly JsonValue[]) : undefined;
  switch (showing) {
    case 'text':
      return typeof value === 'string' ? cut(value, MAX_TEXT) : undefined;
    case 'number':
      return typeof value === 'bigint' || typeof value === 'number' ? value : undefined;
    case 'flag':
      return typeof value === 'boolean' ? value : undefined;
    case 'texts':
      return (
        items && { count: items.length, first: textsOf(items.slice(0, MAX_ITEMS)).map((text) => cut(text, MAX_ITEM)) }
      );
    case 'count':
      return items?.length;
    case 'digest':
      return items && { count: items.length, sha256: digest(items) };
  }
}

/** Over the texts, each ended by a NUL byte, as the kernel keeps the arguments of a program: /proc/PID/cmdline. */
function digest(items: readonly JsonValue[]): string {
  const hash = createHash('sha256');
  for (const text of textsOf(items)) hash.update(`${text}\0`);
  return hash.digest('hex');
}

const textsOf = (items: readonly JsonValue[]): string[] => items.filter((item) => typeof item === 'string');

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
}

function isScalar(value: unknown): value is bigint | number | boolean | string {
  return ['bigint', 'number', 'boolean', 'string'].includes(typeof value);
}
