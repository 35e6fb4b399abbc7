import { AgentError, errnoOf } from '#shared/errors.ts';
import type { JsonObject } from '#shared/json/value.ts';
import type { Audited, DoorAudit, Entry, Outcome, Rule } from './audit.ts';
import type { Members } from './chain.ts';
import { shownArguments, shownResult } from './fields.ts';
import type { AuditTrail } from './trail.ts';

/** One of many alike is written so often. */
const ONCE_MS = 60_000;
const MINUTE_MS = 60_000;
/** Kinds of requests of which one was written lately; with more, each is written. */
const MAX_LATELY = 256;

const READS: Rule = { weight: 'poll' };
const CHANGES: Rule = { weight: 'change' };

/** What is written of one door's requests, by a table of rules. A command without a rule is counted, or written without arguments if it changes something. */
export class AuditedDoor implements DoorAudit {
  readonly #trail: AuditTrail;
  readonly #door: string;
  readonly #rules: Readonly<Record<string, Rule>>;
  /** When one of its kind was written, on the steady clock. */
  readonly #lately = new Map<string, number>();
  /** Of commands with a number per minute, which are few: when theirs began, and how many were written in it. */
  readonly #minutes = new Map<string, { readonly since: number; written: number }>();
  #connection = 0;

  constructor(trail: AuditTrail, door: string, rules: Readonly<Record<string, Rule>>) {
    this.#trail = trail;
    this.#door = door;
    this.#rules = rules;
  }

  connected(): void {
    this.#connection++;
  }

  before({ name, readOnly }: Audited, args: JsonObject): Entry | undefined {
    const rule = this.#rules[name] ?? (readOnly ? READS : CHANGES);
    if (rule.weight === 'poll') {
      this.#trail.count(`${this.#door} ${name}`);
      return undefined;
    }
    const fields = shownArguments(rule, args);
    if (rule.oncePer !== undefined) {
      const kind = [name, ...rule.oncePer.map((field) => `${field}=${fields[field]}`)].join(' ');
      if (this.#wasWritten(kind)) {
        this.#trail.count(`${this.#door} ${kind}`);
        return undefined;
      }
    }
    if (rule.perMinute !== undefined && !this.#hasLeft(name, rule.perMinute)) {
      this.#trail.count(`${this.#door} ${name}, beyond ${rule.perMinute} a minute`);
      return undefined;
    }
    const entry: Entry = { n: undefined, command: name, rule };
    const isKept = this.#record('request', name, { args: fields }, (n) => {
      entry.n = n;
    });
    if (!isKept && this.#trail.onFailure === 'deny' && rule.always === undefined) {
      const error = new AgentError('refused', 'the audit log cannot be written, so that nothing is done for hosts');
      this.after(entry, { error });
      throw error;
    }
    if (rule.weight === 'change' && rule.unsynced === undefined) this.#trail.sync();
    return entry;
  }

  after(entry: Entry | undefined, outcome: Outcome): void {
    if (entry === undefined) return;
    const said =
      'error' in outcome
        ? { ok: false, error: kindOf(outcome.error) }
        : { ok: true, result: shownResult(entry.rule, outcome.result) };
    this.#trail.record(() => ({ kind: 'outcome', of: entry.n, ...said }));
    if (said.ok) this.#trail.tellDone(this.#door, entry.command);
  }

  denied(command: string, reason: string): void {
    const kind = `${command} denied`;
    if (this.#wasWritten(`${kind}: ${reason}`)) this.#trail.count(`${this.#door} ${kind}`);
    else this.#record('denied', command, { reason });
  }

  unknown(): void {
    this.#trail.count(`${this.#door} unknown commands`);
  }

  #record(kind: string, command: string, more: Members, written?: (n: number) => void): boolean {
    const members = { kind, door: this.#door, connection: this.#connection, command, ...more };
    return this.#trail.record(() => members, written);
  }

  /** One more of this minute's records is taken. */
  #hasLeft(name: string, perMinute: number): boolean {
    const now = performance.now();
    const minute = this.#minutes.get(name);
    if (minute === undefined || now - minute.since >= MINUTE_MS) this.#minutes.set(name, { since: now, written: 1 });
    else if (minute.written >= perMinute) return false;
    else minute.written++;
    return true;
  }

  #wasWritten(kind: string): boolean {
    const now = performance.now();
    const at = this.#lately.get(kind);
    if (at !== undefined && now - at < ONCE_MS) return true;
    if (at === undefined && this.#lately.size >= MAX_LATELY) {
      for (const [old, since] of this.#lately) if (now - since >= ONCE_MS) this.#lately.delete(old);
    }
    if (at !== undefined || this.#lately.size < MAX_LATELY) this.#lately.set(kind, now);
    return false;
  }
}

/** Never the text: it may quote what was refused. */
function kindOf(error: unknown): string {
  if (!(error instanceof AgentError)) return errnoOf(error) ?? 'bug';
  const reason = errnoOf(error.cause);
  return reason === undefined ? error.code : `${error.code}, ${reason}`;
}
