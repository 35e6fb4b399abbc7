import path from 'node:path';
import { type KeyFileEntry, keyFileEntries, keyFileGroups } from '#shared/config/key-file.ts';
import { AgentError } from '#shared/errors.ts';
import { formatProblem, type Place, type Problem, placed } from '../config/findings.ts';
import { CLASS_NAMES, type Class, COMMANDS, DOORS, type Door } from './classes.ts';
import { isAbout, type Policy, type Rule } from './policy.ts';
import { DEFAULT_PROFILE, isProfile, PROFILE_NAMES, type ProfileName } from './profiles.ts';
import { parseRate, type Rate } from './rate.ts';
import { type Condition, conditionsOf } from './request.ts';

export interface Reading {
  readonly policy: Policy;
  /** All that is wrong; of severity 'error'. With any, the policy is broken. */
  readonly problems: readonly Problem[];
}

const MAX_RULES = 256;
const MAX_VALUES = 1024;
const RULE = /^(allow|deny) ([A-Za-z0-9][A-Za-z0-9_.-]{0,63})$/;
const MAX_SIZE = /^(\d{1,12})([KMG]?)$/;
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** Where there is no policy file. */
export const DEFAULT_POLICY: Policy = { profile: DEFAULT_PROFILE, place: undefined, rules: [], broken: undefined };

/** A policy that cannot be had at all. */
export function brokenPolicy(problems: readonly Problem[]): Reading {
  const [first] = problems;
  if (first === undefined) throw new Error('a policy without a problem is not broken');
  return { policy: { ...DEFAULT_POLICY, broken: formatProblem(first) }, problems };
}

/** @param file for the places of rules and problems. Never throws: what is wrong is in the result. */
export function parsePolicy(text: string, file: string): Reading {
  const reader = new Reader(file);
  try {
    for (const { group, line } of keyFileGroups(text)) reader.open(group, line);
    for (const entry of keyFileEntries(text, file)) reader.take(entry);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const { place, text: why } = placed(error, file);
    reader.wrong(place, undefined, why);
  }
  return reader.finish();
}

/** A rule as far as it is read. */
interface Draft {
  readonly effect: Rule['effect'];
  readonly name: string;
  readonly place: Place;
  readonly doors: Set<Door>;
  readonly commands: Set<string>;
  readonly classes: Set<Class>;
  readonly paths: string[];
  readonly programs: string[];
  readonly users: string[];
  mode?: 'read' | 'write';
  maxSize?: number;
  rate?: Rate;
}

class Reader {
  readonly #problems: Problem[] = [];
  readonly #drafts = new Map<string, Draft>();
  #profile: { readonly name: ProfileName; readonly place: Place } | undefined;
  #values = 0;

  constructor(private readonly file: string) {}

  wrong(place: Place, key: string | undefined, text: string): void {
    this.#problems.push({ severity: 'error', place, text, ...(key === undefined ? {} : { key }) });
  }

  /** Also of groups without a key: a rule that says nothing is a mistake. */
  open(group: string, line: number): void {
    const place = `${this.file}:${line}`;
    if (group === 'policy') return;
    const [, effect, name] = RULE.exec(group) ?? [];
    if (name === undefined) {
      return this.wrong(place, undefined, `[${group.slice(0, 80)}] is neither [policy], [allow NAME] nor [deny NAME]`);
    }
    if (this.#drafts.has(group)) return this.wrong(place, undefined, `[${group}] is there twice`);
    if (this.#drafts.size >= MAX_RULES) return this.wrong(place, undefined, `more than ${MAX_RULES} rules`);
    this.#drafts.set(group, {
      effect: effect === 'deny' ? 'deny' : 'allow',
      name,
      place,
      doors: new Set(),
      commands: new Set(),
      classes: new Set(),
      paths: [],
      programs: [],
      users: [],
    });
  }

  take({ group, key, value, line }: KeyFileEntry): void {
    const place = `${this.file}:${line}`;
    const name = `[${group}] ${key}`;
    try {
      if (++this.#values > MAX_VALUES) throw invalid(`more than ${MAX_VALUES} values`);
      const draft = this.#drafts.get(group);
      if (group === 'policy') this.#takeProfile(key, value, place);
      else if (draft !== undefined) takeKey(draft, key, value);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      this.wrong(place, name, error.message);
    }
  }

  finish(): Reading {
    const rules = [...this.#drafts.values()].map(finished);
    // A key that was not understood may be what a rule seems to lack.
    for (const rule of this.#problems.length === 0 ? rules : []) {
      for (const text of objectionsTo(rule)) this.wrong(rule.place, `[${rule.effect} ${rule.name}]`, text);
    }
    if (this.#problems.length > 0) return brokenPolicy(this.#problems);
    const { name: profile = DEFAULT_PROFILE, place } = this.#profile ?? {};
    return { policy: { profile, place, rules, broken: undefined }, problems: [] };
  }

  #takeProfile(key: string, value: string, place: Place): void {
    if (key !== 'profile') throw invalid('unknown key');
    if (this.#profile !== undefined) throw invalid('is there twice');
    if (!isProfile(value)) throw invalid(`'${value}' is no profile; expected ${PROFILE_NAMES.join(', ')}`);
    this.#profile = { name: value, place };
  }
}

function takeKey(draft: Draft, key: string, value: string): void {
  switch (key) {
    case 'door':
      return add(draft.doors, value, (word) => known(DOORS, word, 'door'));
    case 'class':
      return add(draft.classes, value, (word) => known(CLASS_NAMES, word, 'class'));
    case 'command':
      return add(draft.commands, value, (word) => {
        if (DOORS.some((door) => COMMANDS[door].has(word))) return word;
        throw invalid(`there is no command '${word}'`);
      });
    case 'path':
      return void draft.paths.push(absolute(value).replace(/(?<=.)\/$/, ''));
    case 'program':
      return void draft.programs.push(absolute(value));
    case 'user':
      if (value === '') throw invalid('needs a name');
      return void draft.users.push(value);
    case 'mode':
      draft.mode = once(draft.mode, known(['read', 'write'] as const, value, 'mode'));
      return;
    case 'max-size':
      draft.maxSize = once(draft.maxSize, parseSize(value));
      return;
    case 'rate':
      draft.rate = once(draft.rate, parseRate(value));
      return;
    default:
      throw invalid('unknown key');
  }
}

function finished(draft: Draft): Rule {
  const { effect, name, place, doors, commands, classes, paths, programs, users, mode, maxSize, rate } = draft;
  return {
    effect,
    name,
    place,
    doors: doors.size === 0 ? new Set(DOORS) : doors,
    commands,
    classes,
    conditions: { paths, programs, users, mode, maxSize, rate },
  };
}

function objectionsTo(rule: Rule): string[] {
  const { effect, doors, commands, classes } = rule;
  if (commands.size === 0 && classes.size === 0) return ['needs a command or a class'];
  const about = DOORS.flatMap((door) =>
    [...COMMANDS[door]].filter(([name, of]) => isAbout(rule, door, name, of)).map(([name]) => ({ door, name })),
  );
  if (about.length === 0) return [`the door ${[...doors].join(', ')} has no such command`];
  const asked = conditionsIn(rule);
  if (effect === 'deny') {
    return [...asked, ...(rule.conditions.rate === undefined ? [] : ['rate'])].map(
      (key) => `${key}: a file or program has other names too, so only [allow] groups have conditions`,
    );
  }
  const possible = new Set(about.flatMap(({ door, name }) => conditionsOf(door, name)));
  const listed = [...commands, ...[...classes].map((of) => `class ${of}`)].join(', ');
  return asked.filter((key) => !possible.has(key)).map((key) => `${key}: requests of ${listed} have none`);
}

function conditionsIn({ conditions }: Rule): Condition[] {
  const { paths, programs, users, mode, maxSize } = conditions;
  const all: readonly (readonly [Condition, boolean])[] = [
    ['path', paths.length > 0],
    ['mode', mode !== undefined],
    ['program', programs.length > 0],
    ['user', users.length > 0],
    ['max-size', maxSize !== undefined],
  ];
  return all.filter(([, isAsked]) => isAsked).map(([key]) => key);
}

/** Words separated by commas, semicolons or white space, as lists of commands are elsewhere. */
function add<T>(to: Set<T>, value: string, read: (word: string) => T): void {
  const words = value.split(/[,;\s]+/).filter((word) => word !== '');
  if (words.length === 0) throw invalid('needs a word');
  for (const word of words) to.add(read(word));
}

function known<T extends string>(words: readonly T[], word: string, what: string): T {
  const found = words.find((one) => one === word);
  if (found === undefined) throw invalid(`'${word}' is no ${what}; expected ${words.join(', ')}`);
  return found;
}

function once<T>(before: T | undefined, value: T): T {
  if (before !== undefined) throw invalid('is there twice');
  return value;
}

function absolute(value: string): string {
  if (!path.isAbsolute(value) || value.includes('\0') || path.normalize(value) !== value) {
    throw invalid(`'${value}' is no absolute path without '.', '..' and '//'`);
  }
  return value;
}

function parseSize(value: string): number {
  const [, digits, unit = ''] = MAX_SIZE.exec(value) ?? [];
  const factor = UNITS[unit];
  if (digits === undefined || factor === undefined)
    throw invalid(`'${value}' is no size; expected bytes, or with K, M, G`);
  return Number(digits) * factor;
}

function invalid(why: string): AgentError {
  return new AgentError('invalid-argument', why);
}
