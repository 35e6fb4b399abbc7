import type { LoggedInUser } from './users.ts';

/** One login that has not ended. Texts are what login programs wrote, at most as long as their fields. */
export interface LoginRecord {
  readonly user: string;
  /** Process that logged the user in; the record outlives it when it was killed. */
  readonly pid: number;
  /** Device below /dev, or an X display such as `:0`. */
  readonly line: string;
  /** Host of a remote login; display managers write the X display. */
  readonly host: string;
  /** Seconds since the epoch, with microseconds. */
  readonly time: number;
}

/**
 * Login records of utmp(5). The struct has two layouts: where the ABI kept 32-bit times for compatibility (x86-64 and
 * all 32-bit ones) the time is two i32, elsewhere (arm64) two i64.
 *
 *     i16 ut_type   i32 ut_pid   char ut_line[32]   char ut_id[4]   char ut_user[32]   char ut_host[256]
 *     i16 exit[2]   long ut_session   ut_tv seconds, microseconds   i32 addr[4]   char unused[20]
 */
interface Layout {
  readonly size: number;
  readonly seconds: number;
  readonly wide: boolean;
}

const NARROW: Layout = { size: 384, seconds: 340, wide: false };
const WIDE: Layout = { size: 400, seconds: 344, wide: true };

const USER_PROCESS = 7;
const PID_OFFSET = 4;
const LINE = { offset: 8, length: 32 };
const USER = { offset: 44, length: 32 };
const HOST = { offset: 76, length: 256 };

export function layoutOf(arch: string): Layout {
  return arch === 'arm64' ? WIDE : NARROW;
}

/** One entry per user name. @param records as of `loginRecords` */
export function parseUtmp(records: Buffer, layout: Layout): LoggedInUser[] {
  const earliest = new Map<string, number>();
  for (const { user, time } of loginRecords(records, layout)) {
    earliest.set(user, Math.min(time, earliest.get(user) ?? time));
  }
  return Array.from(earliest, ([user, loginTime]) => ({ user, loginTime }));
}

/** @param records content of the file; an incomplete record at the end is ignored */
export function* loginRecords(records: Buffer, layout: Layout): Generator<LoginRecord> {
  for (let at = 0; at + layout.size <= records.length; at += layout.size) {
    if (records.readInt16LE(at) !== USER_PROCESS) continue;
    const text = ({ offset, length }: { readonly offset: number; readonly length: number }) =>
      untilNul(records.subarray(at + offset, at + offset + length));
    yield {
      user: text(USER),
      pid: records.readInt32LE(at + PID_OFFSET),
      line: text(LINE),
      host: text(HOST),
      time: readTime(records, at + layout.seconds, layout.wide),
    };
  }
}

function untilNul(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

function readTime(records: Buffer, at: number, wide: boolean): number {
  if (wide) return Number(records.readBigInt64LE(at)) + Number(records.readBigInt64LE(at + 8)) / 1e6;
  return records.readInt32LE(at) + records.readInt32LE(at + 4) / 1e6;
}
