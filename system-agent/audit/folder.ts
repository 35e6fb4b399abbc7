import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '#shared/errors.ts';
import { type Sealed, unseal } from './chain.ts';

/** The file that is written. */
export const CURRENT = 'audit.log';

/** What was there instead of a log when an agent opened it. One is kept. */
export const DAMAGED = 'audit.damaged';

/** No record is longer, in bytes; what is longer is none. */
export const MAX_LINE = 64 * 1024;

export interface LogFile {
  readonly path: string;
  /** Number of its first record, of which its name was made; undefined for the one that is written. */
  readonly first: number | undefined;
}

/**
 * The files of a log, oldest first; the one that is written comes last, if it is there.
 * @throws {Error} errno error, ENOENT when there is no such folder
 */
export function logFiles(folder: string): LogFile[] {
  const files: { path: string; first: number | undefined }[] = [];
  for (const name of readdirSync(folder)) {
    const number = /^audit\.log\.(\d{1,15})$/.exec(name)?.[1];
    if (number !== undefined) files.push({ path: path.join(folder, name), first: Number(number) });
    else if (name === CURRENT) files.push({ path: path.join(folder, name), first: undefined });
  }
  const place = ({ first }: LogFile) => first ?? Number.POSITIVE_INFINITY;
  return files.sort((one, other) => place(one) - place(other));
}

/** Name of a file whose first record has that number, once it is not written any more. */
export function archiveName(first: number): string {
  return `${CURRENT}.${first}`;
}

/** How a file of the log begins and ends. */
export interface Ends {
  readonly first: Sealed | undefined;
  /** The last line that is a whole record, among those at the end of the file. */
  readonly last: Sealed | undefined;
  /** Bytes up to and with that line. */
  readonly good: number;
  readonly size: number;
}

/** @returns undefined when there is no such file. @throws {Error} errno error for every other reason */
export function endsOf(file: string): Ends | undefined {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    const [beginning = ''] = textAt(fd, 0).split('\n');
    const start = Math.max(0, size - MAX_LINE);
    let text = textAt(fd, start);
    let last: Sealed | undefined;
    // From the end: what is behind the last newline was not written to its end.
    for (let end = text.lastIndexOf('\n'); end >= 0 && last === undefined; end = text.lastIndexOf('\n')) {
      last = unseal(text.slice(text.lastIndexOf('\n', end - 1) + 1, end));
      text = text.slice(0, last === undefined ? end : end + 1);
    }
    return { first: unseal(beginning), last, good: last === undefined ? 0 : start + text.length, size };
  } finally {
    closeSync(fd);
  }
}

function textAt(fd: number, position: number): string {
  const bytes = Buffer.allocUnsafe(MAX_LINE);
  return bytes.toString('latin1', 0, readSync(fd, bytes, 0, MAX_LINE, position));
}
