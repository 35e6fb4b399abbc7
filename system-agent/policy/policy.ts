import type { Place } from '../config/findings.ts';
import type { Class, Door } from './classes.ts';
import type { ProfileName } from './profiles.ts';
import type { Rate } from './rate.ts';

export const POLICY_FILE = '/etc/uga/policy.conf';

/** What an `[allow]` group asks of a request. What is not stated is not looked at. */
export interface Conditions {
  /** Absolute folders or files, without links on the way to them. */
  readonly paths: readonly string[];
  /** Files may be opened for reading only, or for both. */
  readonly mode: 'read' | 'write' | undefined;
  /** Absolute programs, or folders that end in a slash. */
  readonly programs: readonly string[];
  readonly users: readonly string[];
  /** Bytes in one request. */
  readonly maxSize: number | undefined;
  readonly rate: Rate | undefined;
}

/** One `[allow NAME]` or `[deny NAME]` group. */
export interface Rule {
  readonly effect: 'allow' | 'deny';
  readonly name: string;
  readonly place: Place;
  readonly doors: ReadonlySet<Door>;
  /** A rule is about a command that stands here or is of one of the classes. */
  readonly commands: ReadonlySet<string>;
  readonly classes: ReadonlySet<Class>;
  readonly conditions: Conditions;
}

/**
 * What hosts may do. A rule that denies always wins. Commands that an allowing rule names are allowed as such rules say
 * and not otherwise; the profile decides about all others.
 */
export interface Policy {
  readonly profile: ProfileName;
  /** Where the profile is set; undefined when it is the default. */
  readonly place: Place | undefined;
  readonly rules: readonly Rule[];
  /** Why the policy could not be understood: then the guest tells of itself and does nothing else (S10). */
  readonly broken: string | undefined;
}

/** "[allow backups] (FILE:LINE)" */
export function ruleText({ effect, name, place }: Rule): string {
  return `[${effect} ${name}] (${place})`;
}

export function isAbout({ doors, commands, classes }: Rule, door: Door, command: string, of: Class): boolean {
  return doors.has(door) && (commands.has(command) || classes.has(of));
}
