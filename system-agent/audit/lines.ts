import { createReadStream } from 'node:fs';
import { CURRENT, logFiles, MAX_LINE } from './folder.ts';

/** One line of one file of the log. */
export interface Line {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  /** As Latin-1, without the newline; cut where it is longer than any record. */
  readonly text: string;
  /** False for the rest of a file behind its last newline. */
  readonly isWhole: boolean;
}

/** Every line of a log, oldest first. @throws {Error} errno error */
export async function* logLines(folder: string): AsyncGenerator<Line> {
  for (const { path } of logFiles(folder)) yield* fileLines(path);
}

async function* fileLines(file: string): AsyncGenerator<Line> {
  let number = 1;
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'latin1', highWaterMark: MAX_LINE })) {
    const pieces = (rest + chunk).split('\n');
    rest = (pieces.pop() ?? '').slice(0, MAX_LINE + 1);
    for (const text of pieces) yield { file, number: number++, text, isWhole: true };
  }
  if (rest !== '') yield { file, number, text: rest, isWhole: false };
}

/** Whether a line is at the end of the file that an agent may be writing. */
export function mayBeUnderway({ file, isWhole }: Line): boolean {
  return !isWhole && file.endsWith(`/${CURRENT}`);
}
