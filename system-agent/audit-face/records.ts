import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import { type Sealed, unseal } from '../audit/chain.ts';

export interface Filter {
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly door: string | undefined;
  readonly command: string | undefined;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "90s", "15m", "2h", "3d" before now, or a date that JavaScript reads. @throws {AgentError} 'invalid-argument' */
export function parseSince(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time = count === undefined || unit === undefined ? Date.parse(text) : now - Number(count) * (UNITS[unit] ?? 0);
  if (Number.isNaN(time))
    throw new AgentError('invalid-argument', `'${text}' is no time, such as 2h or 2026-01-31T12:00`);
  return time;
}

/** Chooses and renders records, line by line. */
export class RecordPrinter {
  /** Numbers of requests that were shown: their ends are too. Few are under way at a time. */
  readonly #shown = new Set<number>();

  constructor(
    private readonly filter: Filter,
    private readonly json: boolean,
  ) {}

  /** @returns undefined for what the filter leaves out */
  print(line: string): string | undefined {
    const record = unseal(line);
    if (record === undefined) return this.json ? undefined : `         ? ${plain(line, 100)} (no record)`;
    if (!this.#isWanted(record)) return undefined;
    return this.json ? line : plain(describe(record), MAX_TEXT);
  }

  #isWanted({ count, members }: Sealed): boolean {
    const { since, door, command } = this.filter;
    const { at, kind, of } = members;
    if (since !== undefined && !(typeof at === 'string' && Date.parse(at) >= since)) return false;
    if (door === undefined && command === undefined) return true;
    if (kind === 'outcome') return typeof of === 'number' && this.#shown.delete(of);
    if (door !== undefined && members.door !== door) return false;
    if (command !== undefined && members.command !== command) return false;
    if (kind === 'request') this.#remember(count);
    return true;
  }

  #remember(count: number): void {
    this.#shown.add(count);
    const [oldest] = this.#shown;
    if (this.#shown.size > MAX_UNDER_WAY && oldest !== undefined) this.#shown.delete(oldest);
  }
}

const MAX_TEXT = 6_000;
const MAX_UNDER_WAY = 1_000;

/** A record for people. */
function describe({ count, members }: Sealed): string {
  const { at, kind } = members;
  return `${at} ${`${count}`.padStart(6)} ${sentence(`${kind}`, members)}`;
}

function sentence(kind: string, members: Sealed['members']): string {
  const { door, connection, command, args, of, ok, error, result, reason, since, counts, oldest, records } = members;
  const who = `${door}#${connection}`;
  switch (kind) {
    case 'request':
      return [who, command, ...pairs(args)].join(' ');
    case 'outcome':
      if (ok !== true) return `  ${of}: failed (${error})`;
      return `  ${of}: done${result === undefined ? '' : `, ${value(result)}`}`;
    case 'denied':
      return `${who} ${command} denied: ${reason}`;
    case 'counts':
      return `since ${since}: ${pairs(counts).join(', ')}`;
    case 'head':
      return `a new file; kept from record ${oldest}`;
    case 'lost':
      return `${records} records were lost`;
    default:
      return [kind, ...pairs(withoutCommon(members))].join(' ');
  }
}

function withoutCommon({ at, kind, ...more }: Sealed['members']): Sealed['members'] {
  return more;
}

function pairs(object: unknown): string[] {
  if (typeof object !== 'object' || object === null) return [];
  return Object.entries(object).map(([name, one]) => `${name}=${value(one)}`);
}

function value(one: unknown): string {
  return typeof one === 'string' && /^[\w./:@%+,-]+$/.test(one) ? one : JSON.stringify(one);
}
