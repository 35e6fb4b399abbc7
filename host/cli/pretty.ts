import { formatJson } from '#shared/json/format.ts';
import type { JsonValue } from '#shared/json/value.ts';

/** Deeper values stay on one line: indentation would make megabytes of blanks out of a guest's brackets. */
const MAX_DEPTH = 16;

/** JSON for people: two spaces for each level, everything else as `formatJson` prints it (ASCII only, nothing raw). */
export function formatPretty(value: JsonValue, depth = 0): string {
  if (depth >= MAX_DEPTH) return formatJson(value);
  if (isList(value)) {
    const items = value.map((item) => formatPretty(item, depth + 1));
    return `[${block(items, depth)}]`;
  }
  if (value instanceof Map) {
    const members = Array.from(value, ([name, item]) => `${formatJson(name)}: ${formatPretty(item, depth + 1)}`);
    return `{${block(members, depth)}}`;
  }
  return formatJson(value);
}

function block(items: readonly string[], depth: number): string {
  if (items.length === 0) return '';
  const indent = `\n${'  '.repeat(depth)}`;
  return `${indent}  ${items.join(`,${indent}  `)}${indent}`;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
