import type { RunningAgent } from '#test/support/agents.ts';
import { median } from './report.ts';

export const ROUNDS = 9;

/** The original and ours, or what was measured of them. */
export interface Pair<T> {
  readonly original: T;
  readonly ours: T;
}

/** Measures in turn, so that both see the same machine. */
export function alternate(agents: Pair<RunningAgent>, measure: (agent: RunningAgent) => number): Pair<number> {
  const figures: { original: number[]; ours: number[] } = { original: [], ours: [] };
  measure(agents.original); // warm
  measure(agents.ours);
  for (let round = 0; round < ROUNDS; round++) {
    figures.original.push(measure(agents.original));
    figures.ours.push(measure(agents.ours));
  }
  return { original: median(figures.original), ours: median(figures.ours) };
}

export function both<S, T>(pair: Pair<S>, measure: (one: S) => T): Pair<T> {
  return { original: measure(pair.original), ours: measure(pair.ours) };
}
