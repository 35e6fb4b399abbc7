import { plain } from '#shared/cli/plain.ts';
import { wantedPorts } from './doors.ts';
import type { Facts } from './facts.ts';
import type { Check, Finding, Level } from './finding.ts';
import { HOW_TO_ADD_PORTS } from './ports-text.ts';

export interface Examined {
  readonly check: string;
  readonly finding: Finding;
}

export function examine(checks: readonly Check[], facts: Facts): Examined[] {
  return checks.flatMap(({ name, decide }) => decide(facts).map((finding) => ({ check: name, finding })));
}

const WORDS: Readonly<Record<Level, string>> = { ok: 'ok', warn: 'note', fail: 'FAIL', unknown: '?' };

/** One line a finding; what the machine's users chose is made safe for a terminal. */
export function renderFindings(examined: readonly Examined[]): string[] {
  return examined.map(({ check, finding }) => {
    const advice = finding.level === 'ok' ? '' : `; ${finding.advice}`;
    return plain(`${WORDS[finding.level].padEnd(5)} ${check.padEnd(14)} ${finding.text}${advice}`, 1_000);
  });
}

/** What a person needs who has no port at all; undefined for everybody else. */
export function portsHelp(facts: Facts): string | undefined {
  const wanted = wantedPorts(facts);
  return wanted.length > 0 && wanted.every(({ port }) => port === undefined) ? HOW_TO_ADD_PORTS : undefined;
}
