import { messageOf } from '#shared/errors.ts';
import type { Config } from './config.ts';
import { parseCommandList, type Restriction } from './restrictions.ts';

/** "FILE:LINE", "FILE", "--option" or "$VARIABLE": where a person finds what is meant. */
export type Place = string;

/** How bad something in the configuration is. */
export type Severity =
  | 'error' // our own configuration is wrong: the agent does not start
  | 'restriction' // the originals' is not understood: guarded commands stay denied
  | 'note'; // something that has no effect here

export interface Problem {
  readonly severity: Severity;
  readonly place: Place;
  readonly key?: string;
  readonly text: string;
}

/** Hooks of the originals that are in place. */
export interface Hook {
  /** `fsfreeze.d` are the scripts that the dispatcher at `fsfreeze` runs. */
  readonly kind: 'fsfreeze' | 'fsfreeze.d' | 'ovirt';
  readonly path: string;
  /** Who switched it on, when it needs that. */
  readonly place?: Place;
}

/** What a reader of configuration has found so far. Later settings take the place of earlier ones; all else adds up. */
export class Findings {
  settings: Partial<Config> = {};
  readonly origins: Partial<Record<keyof Config, Place>> = {};
  readonly restrictions: Restriction[] = [];
  readonly problems: Problem[] = [];
  readonly hooks: Hook[] = [];
  /** Files that were there and read, in order. */
  readonly files: string[] = [];

  readonly #distrusted = new Set<string>();

  /** From now on nothing is set by this file. */
  distrust(file: string): void {
    this.#distrusted.add(file);
  }

  set(values: Partial<Config>, place: Place): void {
    if (this.#distrusted.has(place.replace(/:\d+$/, ''))) return;
    this.settings = { ...this.settings, ...values };
    for (const name of Object.keys(values) as (keyof Config)[]) this.origins[name] = place;
  }

  /** A list of commands. An empty one to allow allows nothing. */
  restrict(kind: 'block' | 'allow', text: string, place: Place): void {
    this.restrictions.push({ kind, names: parseCommandList(text).names, place });
  }

  /**
   * An original's list, which restricts nothing when it is empty. What cannot be a name, such as a pattern, is a
   * restriction that is not understood.
   */
  restrictAsOriginal(kind: 'block' | 'allow', text: string, place: Place, key: string): void {
    const { names, strange } = parseCommandList(text);
    if (names.size > 0 || strange.length > 0) this.restrict(kind, text, place);
    if (strange.length > 0) this.notUnderstood(place, `'${strange[0]}' is no name of a command`, key);
  }

  notUnderstood(place: Place, why: string, key?: string): void {
    this.restrictions.push({ kind: 'not-understood', why: key === undefined ? why : `${key}: ${why}`, place });
    this.problem('restriction', place, why, key);
  }

  problem(severity: Severity, place: Place, text: string, key?: string): void {
    this.problems.push({ severity, place, text, ...(key === undefined ? {} : { key }) });
  }
}

/** "FILE:LINE: KEY: TEXT" */
export function formatProblem({ place, key, text }: Problem): string {
  return [place, ...(key === undefined ? [] : [key]), text].join(': ');
}

/** An error of a reader that puts "FILE:LINE: " before its text, or of one that does not. */
export function placed(error: unknown, file: string): { readonly place: Place; readonly text: string } {
  const text = messageOf(error);
  const line = text.startsWith(`${file}:`) ? /^:\d+(?=: )/.exec(text.slice(file.length))?.[0] : undefined;
  if (line === undefined) return { place: file, text };
  const place = file + line;
  return { place, text: text.slice(`${place}: `.length) };
}
