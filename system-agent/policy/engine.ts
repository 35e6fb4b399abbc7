import type { JsonObject } from '#shared/json/value.ts';
import { type Class, COMMANDS, DOORS, type Door, TELLING } from './classes.ts';
import { isProgramOf, isWithin } from './paths.ts';
import { isAbout, type Policy, type Rule, ruleText } from './policy.ts';
import { classesOf } from './profiles.ts';
import { TokenBucket } from './rate.ts';
import { type Subject, subjectOf } from './request.ts';

/** What becomes of a request. `rule` is what decided, in words for hosts, logs and administrators. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly rule: string };

/** Where a file may be opened, and what says so. */
export interface Places {
  readonly places: readonly string[];
  readonly rule: string;
}

/** What is known of a command before anybody asks: most are decided here, and cost one look into a table. */
type Standing = Decision | { readonly allowed: 'depends'; readonly rules: readonly Rule[] };

const ALLOWED: Decision = { allowed: true };
const UNKNOWN: Decision = { allowed: false, rule: 'no policy knows this command' };
const NO_ARGUMENTS: JsonObject = new Map();

/** Decides about requests. Pure but for the tokens of rates. */
export class PolicyEngine {
  readonly #standing: Readonly<Record<Door, ReadonlyMap<string, Standing>>>;
  readonly #buckets = new Map<Rule, TokenBucket>();

  /** @param now milliseconds by a clock that never jumps */
  constructor(
    readonly policy: Policy,
    now: () => number,
  ) {
    for (const rule of policy.rules) {
      if (rule.conditions.rate !== undefined) this.#buckets.set(rule, new TokenBucket(rule.conditions.rate, now));
    }
    const profile = policy.broken === undefined ? classesOf(policy.profile) : TELLING;
    const [qga, ovirt, vdagent] = DOORS.map(
      (door) => new Map(Array.from(COMMANDS[door], ([name, of]) => [name, standing(policy, profile, door, name, of)])),
    );
    this.#standing = { qga: qga ?? new Map(), ovirt: ovirt ?? new Map(), vdagent: vdagent ?? new Map() };
  }

  /** Can any request of this command be allowed? What hosts are told of it. */
  enabled(door: Door, command: string): Decision {
    const found = this.#standing[door].get(command) ?? UNKNOWN;
    return found.allowed === 'depends' ? ALLOWED : found;
  }

  /** May this request be carried out? An answer that allows has used up a token where a rate applies. */
  decide(door: Door, command: string, args: JsonObject = NO_ARGUMENTS): Decision {
    const found = this.#standing[door].get(command) ?? UNKNOWN;
    if (found.allowed !== 'depends') return found;
    const subject = subjectOf(door, command, args);
    const objections: string[] = [];
    for (const rule of found.rules) {
      const objection = objectionOf(rule, subject) ?? this.#rateObjection(rule);
      if (objection === undefined) return ALLOWED;
      objections.push(`${objection}: ${ruleText(rule)}`);
    }
    return { allowed: false, rule: objections.slice(0, MAX_OBJECTIONS).join('; ') };
  }

  /**
   * Where a file may be opened: the folders and files of the rules that allow it by its text.
   * @returns undefined for anywhere
   */
  placesFor(path: string, writes: boolean): Places | undefined {
    const found = this.#standing.qga.get('guest-file-open') ?? UNKNOWN;
    if (found.allowed === true) return undefined;
    if (found.allowed === false) return { places: [], rule: found.rule };
    const fitting = found.rules.filter((rule) => objectionOf(rule, { path, writes }) === undefined);
    if (fitting.some(({ conditions }) => conditions.paths.length === 0)) return undefined;
    return {
      places: fitting.flatMap(({ conditions }) => conditions.paths.filter((allowed) => isWithin(allowed, path))),
      rule: (fitting.length > 0 ? fitting : found.rules).slice(0, MAX_OBJECTIONS).map(ruleText).join(' or '),
    };
  }

  /** Is it one of the programs that rules name? Then nobody but root may be able to put another one in its place. */
  isNamedProgram(program: string): boolean {
    const found = this.#standing.qga.get('guest-exec') ?? UNKNOWN;
    if (found.allowed !== 'depends') return false;
    const free = found.rules.some(({ conditions }) => conditions.programs.length === 0);
    return !free && found.rules.some(({ conditions }) => conditions.programs.some((one) => isProgramOf(one, program)));
  }

  #rateObjection(rule: Rule): string | undefined {
    const bucket = this.#buckets.get(rule);
    return bucket === undefined || bucket.take() ? undefined : `more than ${rule.conditions.rate?.text}`;
  }
}

/** Of the rules that do not fit, so many are named. */
const MAX_OBJECTIONS = 3;

function standing(policy: Policy, profile: ReadonlySet<Class>, door: Door, command: string, of: Class): Standing {
  const { broken, rules } = policy;
  if (broken !== undefined) {
    return profile.has(of) ? ALLOWED : { allowed: false, rule: `the policy is not understood: ${broken}` };
  }
  const about = rules.filter((rule) => isAbout(rule, door, command, of));
  const denying = about.find(({ effect }) => effect === 'deny');
  if (denying !== undefined) return { allowed: false, rule: ruleText(denying) };
  if (about.length === 0) return profile.has(of) ? ALLOWED : { allowed: false, rule: profileText(policy) };
  return about.some((rule) => isFree(rule, door, command)) ? ALLOWED : { allowed: 'depends', rules: about };
}

export function profileText({ profile, place }: Policy): string {
  return `profile ${profile}${place === undefined ? '' : ` (${place})`}`;
}

/** Allows every request of the command. */
function isFree({ conditions }: Rule, door: Door, command: string): boolean {
  if (conditions.rate !== undefined) return false;
  const subject = subjectOf(door, command, NO_ARGUMENTS);
  return !(
    ('path' in subject && conditions.paths.length > 0) ||
    ('writes' in subject && conditions.mode === 'read') ||
    ('program' in subject && conditions.programs.length > 0) ||
    ('user' in subject && conditions.users.length > 0) ||
    ('size' in subject && conditions.maxSize !== undefined)
  );
}

/** Why a request does not fit the rule, but for its rate. A condition asks only of requests that have such a member. */
function objectionOf({ conditions }: Rule, subject: Subject): string | undefined {
  const { paths, mode, programs, users, maxSize } = conditions;
  if ('path' in subject && paths.length > 0) {
    const { path } = subject;
    if (path === undefined || !paths.some((allowed) => isWithin(allowed, path))) return 'the path is not allowed';
  }
  if (mode === 'read' && subject.writes === true) return 'files may only be read';
  if ('program' in subject && programs.length > 0) {
    const { program, setsEnvironment } = subject;
    if (program === undefined || !programs.some((allowed) => isProgramOf(allowed, program))) {
      return 'the program is not allowed';
    }
    if (setsEnvironment === true) return "the program's environment may not be set";
  }
  if ('user' in subject && users.length > 0 && !users.some((user) => user === subject.user)) {
    return 'the user is not allowed';
  }
  if ('size' in subject && maxSize !== undefined && !(subject.size !== undefined && subject.size <= maxSize)) {
    return `more than ${maxSize} bytes`;
  }
  return undefined;
}
