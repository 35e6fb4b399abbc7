import { readFileSync, writeFileSync } from 'node:fs';

/** What a case did in all its rounds. */
export interface Row {
  readonly day: string;
  readonly commit: string;
  readonly qemu: string;
  readonly kernel: string;
  /** Seconds from the moment at which the guest had to write until it had, one a round. */
  readonly waits: readonly number[];
  /** What hosts were told, in every round. */
  readonly told: string;
  /** How the copy of the disk was found. */
  readonly copy: string;
}

/** Of long runs, by the name of the case: all together take hours, so that they may be run apart. */
const ROWS = 'test/vm/freeze/rows.json';
const PAGE = 'docs/freeze-cases.md';

/** Keeps what a case of a long run did, and writes the page of docs/ anew. @param cases in the order of the page */
export function report(name: string, row: Row, cases: readonly string[]): void {
  const rows = { ...(JSON.parse(readFileSync(ROWS, 'utf8')) as Record<string, Row>), [name]: row };
  const known = cases.filter((one) => one in rows);
  writeFileSync(ROWS, `${JSON.stringify(Object.fromEntries(known.map((one) => [one, rows[one]])), null, 1)}\n`);
  writeFileSync(PAGE, page(known.map((one) => [one, rows[one] as Row])));
}

function page(rows: readonly (readonly [name: string, row: Row])[]): string {
  const all = (of: (row: Row) => string) => [...new Set(rows.map(([, row]) => of(row)))].sort().join(', ');
  const rounds = rows.reduce((sum, [, { waits }]) => sum + waits.length, 0);
  return `# What becomes of a freeze

Written by the test of these cases, \`test/vm/freeze/rounds.test.ts\`: ${rounds} rounds, and none that did otherwise.
\`npm run vm:long\` runs them all, 20 rounds of each and 100 of kill -9; a case that ends well writes its row anew.

A guest with the installed package (Linux ${all((row) => row.kernel)}; two processors emulated by QEMU ${all((row) => row.qemu)}, without KVM) writes a line to
a file on each of two ext4 file systems, waits until both lines are on disk, and notes that in memory, without end. The second file
system lies in a file on the first one, which is \`/\`. Both are frozen. In every round

- the guest stood still while it was frozen;
- it wrote again. The table has how long that took, the median and the longest, counted from the thaw, the death, or the end of the
  lease. A round of the writer is part of it, and what else the machine had to do, which was much;
- both files held every line that was noted, and hosts were told what the table says.

Once a case, after its rounds, the guest's disk was copied as it was at one moment. e2fsck repaired nothing and found nothing in
either file system, but replayed the journal where the table says so, and both files held every line that was noted before.

| What happens | Rounds | Writes again after | Hosts are told | Copy | Run |
|---|---|---|---|---|---|
${rows.map(([name, row]) => rowText(name, row)).join('\n')}
`;
}

function rowText(name: string, { waits, told, copy, day, commit }: Row): string {
  const sorted = waits.toSorted((one, other) => one - other);
  const seconds = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)].map((wait = Number.NaN) =>
    wait.toFixed(2),
  );
  const cells = [name, `${waits.length}`, `${seconds.join(', ')} s`, told, copy, `${day}, ${commit}`];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
