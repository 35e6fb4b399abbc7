import type { JsonObject, Printable } from '#shared/json/value.ts';
import type { Head } from './chain.ts';

/**
 * How an argument of a request is written down: as it is, if it has that type (`texts`: the first 16 of a list); of any list
 * how many it has (`count`), or that and a hash of its texts (`digest`).
 */
export type Showing = 'text' | 'number' | 'flag' | 'texts' | 'count' | 'digest';

/**
 * What is written of a command. `poll`: only how often; `access`: somebody looks at what is not for everybody; `change`:
 * the machine is not the same afterwards. Arguments and results that are not named here are never written (S12).
 */
export interface Rule {
  readonly weight: 'poll' | 'access' | 'change';
  readonly args?: Readonly<Record<string, Showing>>;
  /** Members of the answer, or the answer itself, that are written as values. */
  readonly result?: 'value' | readonly string[];
  /** Of requests in which these arguments are alike, one a minute is written and the others are counted. */
  readonly oncePer?: readonly string[];
  /** So many a minute are written, and the others are counted: of what nobody does so often by hand. */
  readonly perMinute?: number;
  /** Runs also when it cannot be recorded and all else is denied. */
  readonly always?: true;
  /** Is not brought to the disk by us: the command does it itself. */
  readonly unsynced?: true;
}

/** What the dispatcher of any door knows of a command. */
export interface Audited {
  readonly name: string;
  readonly readOnly: boolean;
}

/** A request that was written, to be told its end. */
export interface Entry {
  /** Number of its record, once it is on the disk. */
  n: number | undefined;
  readonly command: string;
  readonly rule: Rule;
}

export type Outcome = { readonly result: Printable | undefined } | { readonly error: unknown };

/** What one door tells. Nothing here throws but `before`. */
export interface DoorAudit {
  /** Another host, or the same one anew. */
  connected(): void;
  /**
   * Before a command has any effect.
   * @returns what `after` wants; undefined for what is only counted
   * @throws {AgentError} 'refused' when it cannot be recorded and must be
   */
  before(command: Audited, args: JsonObject): Entry | undefined;
  after(entry: Entry | undefined, outcome: Outcome): void;
  denied(command: string, reason: string): void;
  /** The host asked for what there is not. */
  unknown(): void;
}

/** The log as a whole, for whoever asks. */
export interface AuditLog {
  /** Of what is on the disk, and how many records wait for it. @throws {AgentError} 'failed' when nothing was ever written */
  head(): Head & { readonly waiting: number };
  describe(): AuditDescription;
}

export interface AuditDescription {
  /** `held`: file systems are frozen, so that records wait in memory. */
  readonly state: 'writing' | 'held' | 'failing';
  readonly folder: string;
  /** Records there have ever been. */
  readonly count: number;
  /** Records that wait in memory, and those for which there was no room. */
  readonly waiting: number;
  readonly lost: number;
  /** Why it fails. */
  readonly why: string | undefined;
}

/** Where nothing is recorded. */
export const unaudited: DoorAudit = {
  connected: () => {},
  before: () => undefined,
  after: () => {},
  denied: () => {},
  unknown: () => {},
};
