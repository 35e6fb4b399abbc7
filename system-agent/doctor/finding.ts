import type { Facts } from './facts.ts';

/**
 * `ok` all well, `warn` works but is worth knowing, `fail` to be mended, `unknown` could not be seen from here. Only
 * `fail` makes the exit code 1.
 */
export type Level = 'ok' | 'warn' | 'fail' | 'unknown';

/** One line. What is not ok ends with what to do (W5). */
export type Finding =
  | { readonly level: 'ok'; readonly text: string }
  | { readonly level: Exclude<Level, 'ok'>; readonly text: string; readonly advice: string };

/** Judges the facts of one matter; pure. */
export interface Check {
  readonly name: string;
  decide(facts: Facts): readonly Finding[];
}

export const ok = (text: string): Finding => ({ level: 'ok', text });
export const warn = (text: string, advice: string): Finding => ({ level: 'warn', text, advice });
export const fail = (text: string, advice: string): Finding => ({ level: 'fail', text, advice });
export const unknown = (text: string, advice: string): Finding => ({ level: 'unknown', text, advice });
