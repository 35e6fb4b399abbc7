import { formatJson } from '#shared/json/format.ts';
import type { Printable } from '#shared/json/value.ts';

/** A quarter of a line: hosts drop one of 1 MiB, whoever wrote the names in it. */
const MAX_CHARACTERS = 256 * 1024;

/**
 * As much of a list as a host takes; where something is missing, the last item says how much (S5).
 * @param marker made like an item, since the protocol knows nothing else: `text` is for people
 */
export function bounded<T extends Printable>(
  items: readonly T[],
  max: number,
  marker: (text: string) => T,
): readonly T[] {
  const kept: T[] = [];
  let characters = 0;
  for (const item of items) {
    characters += formatJson(item).length;
    if (kept.length === max || characters > MAX_CHARACTERS) {
      return [...kept, marker(`(${items.length - kept.length} more)`)];
    }
    kept.push(item);
  }
  return kept;
}
