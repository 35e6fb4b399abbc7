import { GENESIS, type Head, type Sealed, unseal } from './chain.ts';
import { DAMAGED } from './folder.ts';
import { type Line, mayBeUnderway } from './lines.ts';

/** Something that is not as the agent wrote it. */
export interface Flaw {
  /** Undefined for the log as a whole. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly text: string;
}

export interface Verdict {
  readonly flaws: readonly Flaw[];
  /** Where the chain ends. */
  readonly head: Head;
  /** Number of the oldest record that is there; 0 if there is none. */
  readonly oldest: number;
  /** Worth knowing, and no flaw. */
  readonly notes: readonly string[];
}

/** More are only counted. */
const MAX_FLAWS = 100;

/**
 * Looks whether a log is whole: each record follows the one before, none is missing, twice or elsewhere, and the oldest
 * are those that the last rotation has left. Only an anchor, kept where the guest cannot write, shows that the end is
 * missing, or that all was written anew.
 *
 * @param anchor an end of the chain that is known from before
 */
export async function verifyLog(lines: AsyncIterable<Line>, anchor: Head | undefined): Promise<Verdict> {
  const check = new Check(anchor);
  for await (const line of lines) check.line(line);
  return check.verdict();
}

interface Gap {
  readonly from: number;
  readonly to: number;
  readonly at: Line;
}

class Check {
  readonly #anchor: Head | undefined;
  readonly #flaws: Flaw[] = [];
  readonly #notes: string[] = [];
  #more = 0;
  #file: string | undefined;
  #head = GENESIS;
  #oldest = 0;
  /** What the last file says to be the oldest record that is kept. */
  #kept: { readonly first: number; readonly at: Line } | undefined;
  #gaps: Gap[] = [];
  /** Lines since the last record that are none. */
  #strange = 0;
  #isAnchorSeen = false;

  constructor(anchor: Head | undefined) {
    this.#anchor = anchor;
  }

  line(line: Line): void {
    const isFirstOfFile = line.file !== this.#file;
    this.#file = line.file;
    const record = line.isWhole ? unseal(line.text) : undefined;
    if (record === undefined) {
      if (mayBeUnderway(line)) this.#notes.push(`${line.file}:${line.number}: the last line is not complete`);
      else this.#flaw(line, 'is no record: edited, or written by somebody else');
      this.#strange++;
      return;
    }
    if (isFirstOfFile && record.members.kind !== 'head') this.#flaw(line, 'the beginning of this file is missing');
    this.#takeWords(record, line);
    if (this.#oldest === 0) this.#begin(record, line);
    else this.#follow(record, line);
    this.#strange = 0;
    if (record.count === this.#anchor?.count) {
      this.#isAnchorSeen = true;
      if (record.hash !== this.#anchor.hash) {
        this.#flaw(line, 'differs from the anchor: the log was written anew up to here');
      }
    }
  }

  verdict(): Verdict {
    for (const { from, to, at } of this.#gaps) {
      const where = at.number === 1 ? 'a file is missing before this one' : 'lines were removed before this one';
      this.#flaw(at, `${recordsText(from, to)} missing: ${where}`);
    }
    const kept = this.#kept;
    if (kept !== undefined && this.#oldest > kept.first) {
      this.#flaw(kept.at, `${recordsText(kept.first, this.#oldest - 1)} missing: a file before the oldest is missing`);
    }
    this.#checkAnchor();
    if (this.#more > 0) this.#flaws.push({ file: undefined, line: undefined, text: `${this.#more} more` });
    return { flaws: this.#flaws, head: this.#head, oldest: this.#oldest, notes: this.#notes };
  }

  #begin(record: Sealed, line: Line): void {
    const before = record.members.kind === 'head' ? record.members.before : undefined;
    if (typeof before === 'string' && !record.follows(before)) this.#flaw(line, EDITED);
    this.#oldest = record.count;
    this.#head = { count: record.count, hash: record.hash };
  }

  #follow(record: Sealed, line: Line): void {
    const expected = this.#head.count + 1;
    if (record.count === expected) {
      if (!record.follows(this.#head.hash)) this.#flaw(line, EDITED);
    } else if (record.count > expected) {
      // Lines in between that cannot be read are what is missing.
      if (record.count - expected > this.#strange) {
        this.#gaps.push({ from: expected + this.#strange, to: record.count - 1, at: line });
      }
    } else {
      this.#flaw(line, `record ${record.count} stands after record ${this.#head.count}: moved, or twice`);
      this.#gaps = this.#gaps.flatMap((gap) => without(gap, record.count));
      return;
    }
    this.#head = { count: record.count, hash: record.hash };
  }

  /** What the agent itself has said of the log. */
  #takeWords({ members, follows }: Sealed, line: Line): void {
    const { kind, before, oldest, vanished, damaged, cut } = members;
    if (kind === 'head' && typeof before === 'string' && follows(before) && typeof oldest === 'number') {
      this.#kept = { first: oldest, at: line };
    }
    if (kind !== 'opened') return;
    if (vanished === true) this.#flaw(line, 'the file before was taken away while the agent wrote it');
    if (damaged === true) this.#flaw(line, `what was here before was no log; it may be in ${DAMAGED}`);
    if (typeof cut === 'number') {
      this.#notes.push(`${line.file}:${line.number}: ${cut} bytes of an unfinished record were cut off`);
    }
  }

  #checkAnchor(): void {
    const anchor = this.#anchor;
    if (anchor === undefined || this.#isAnchorSeen || anchor.count === 0) return;
    if (anchor.count > this.#head.count) {
      const text = `the end is missing: ${recordsText(this.#head.count + 1, anchor.count)} anchored and not there`;
      this.#flaws.push({ file: this.#file, line: undefined, text });
    } else if (anchor.count < this.#oldest) {
      this.#notes.push(`the anchor is older than what is kept: record ${anchor.count} was rotated away`);
    } else {
      this.#flaws.push({ file: undefined, line: undefined, text: `the anchored record ${anchor.count} is missing` });
    }
  }

  #flaw({ file, number }: Line, text: string): void {
    if (this.#flaws.length < MAX_FLAWS) this.#flaws.push({ file, line: number, text });
    else this.#more++;
  }
}

const EDITED = 'was edited, or the line before it was';

function recordsText(from: number, to: number): string {
  return from === to ? `record ${from} is` : `records ${from} to ${to} are`;
}

/** A gap without a record that was found elsewhere. */
function without({ from, to, at }: Gap, count: number): Gap[] {
  if (count < from || count > to) return [{ from, to, at }];
  return [
    { from, to: count - 1, at },
    { from: count + 1, to, at },
  ].filter((part) => part.from <= part.to);
}
