import { trimMemory } from '../native/trim.ts';

/** When what a start has left is certainly garbage, and nobody waits for the next answer of a process that has just come. */
const SETTLE_MS = 10_000;

let collecting: NodeJS.Timeout | undefined;

/**
 * Gives memory back when this was asked for and then not again for a while: what a start has read and what large transfers
 * went through. V8 by itself collects when it wants more, so that a process at rest keeps its garbage; its look at idle times
 * is switched off, because it comes every eight seconds for ever (decision 24). Needs `--expose-gc`, which our units have;
 * without it nothing happens. 30 ms.
 */
export function collectSoon(): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  clearTimeout(collecting);
  collecting = setTimeout(() => {
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    trimMemory();
  }, SETTLE_MS).unref();
}
