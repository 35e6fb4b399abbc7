import { setImmediate as turn } from 'node:timers/promises';

/** Longest stretch of work that may hold up everything else the process has to do. */
const SLICE_MS = 10;

/**
 * `map` for lists that can be long on a large machine: lets the rest of the process have its turn in between. A short
 * list takes no turn at all.
 */
export async function mapInSlices<T, R>(items: readonly T[], map: (item: T) => R): Promise<R[]> {
  const results: R[] = [];
  let started = performance.now();
  for (const item of items) {
    results.push(map(item));
    if (performance.now() - started < SLICE_MS) continue;
    await turn();
    started = performance.now();
  }
  return results;
}
