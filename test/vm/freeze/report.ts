import { writeFileSync } from 'node:fs';

/** What a case did in all its rounds. */
export interface Row {
  readonly name: string;
  /** Seconds from the moment at which the guest had to write until it had, one a round. */
  readonly waits: readonly number[];
  /** What hosts were told, in every round. */
  readonly told: string;
  /** How the copy of the disk was found. */
  readonly copy: string;
}

export interface Setting {
  readonly day: string;
  readonly qemu: string;
  readonly kernel: string;
  readonly minutes: number;
  /** That ran at once. */
  readonly guests: number;
}

/** The page of docs/ about a run. */
export function writeReport(file: string, rows: readonly Row[], { day, qemu, kernel, minutes, guests }: Setting): void {
  const rounds = rows.reduce((sum, { waits }) => sum + waits.length, 0);
  writeFileSync(
    file,
    `# What becomes of a freeze

Written by the test of these cases, \`test/vm/freeze/rounds.test.ts\`, on ${day}: ${rounds} rounds in ${minutes} minutes, and none that did
otherwise. \`npm run vm:long\` writes it anew, with 20 rounds of each and 100 of kill -9.

${guests === 1 ? 'A guest' : `Each of ${guests} guests`} with the installed package (Linux ${kernel}; two processors emulated by ${qemu}, without KVM) writes a line to
a file on each of two ext4 file systems, waits until both lines are on disk, and notes that in memory, without end. The second file
system lies in a file on the first one, which is \`/\`. Both are frozen. In every round

- the guest stood still while it was frozen;
- it wrote again. The table has how long that took, the median and the longest, counted from the thaw, the death, or the end of the
  lease. A round of the writer is part of it, which is slow in an emulated guest;
- both files held every line that was noted, and hosts were told what the table says.

Once a case, after its rounds, the guest's disk was copied as it was at one moment. e2fsck repaired nothing and found nothing in
either file system, but replayed the journal where the table says so, and both files held every line that was noted before.

| What happens | Rounds | Writes again after | Hosts are told | Copy |
|---|---|---|---|---|
${rows.map(rowText).join('\n')}
`,
  );
}

function rowText({ name, waits, told, copy }: Row): string {
  const sorted = waits.toSorted((one, other) => one - other);
  const seconds = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)].map((wait = Number.NaN) =>
    wait.toFixed(2),
  );
  const cells = [name, `${waits.length}`, `${seconds.join(', ')} s`, told, copy];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
