import type { LoggedInUser } from './users.ts';

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
const USER_OFFSET = 44;
const USER_LENGTH = 32;

export function layoutOf(arch: string): Layout {
  return arch === 'arm64' ? WIDE : NARROW;
}

/** @param records content of the file; an incomplete record at the end is ignored */
export function parseUtmp(records: Buffer, layout: Layout): LoggedInUser[] {
  const earliest = new Map<string, number>();
  for (let at = 0; at + layout.size <= records.length; at += layout.size) {
    if (records.readInt16LE(at) !== USER_PROCESS) continue;
    const name = records.subarray(at + USER_OFFSET, at + USER_OFFSET + USER_LENGTH);
    const end = name.indexOf(0);
    const user = name.toString('utf8', 0, end === -1 ? USER_LENGTH : end);
    const time = readTime(records, at + layout.seconds, layout.wide);
    earliest.set(user, Math.min(time, earliest.get(user) ?? time));
  }
  return Array.from(earliest, ([user, loginTime]) => ({ user, loginTime }));
}

function readTime(records: Buffer, at: number, wide: boolean): number {
  if (wide) return Number(records.readBigInt64LE(at)) + Number(records.readBigInt64LE(at + 8)) / 1e6;
  return records.readInt32LE(at) + records.readInt32LE(at + 4) / 1e6;
}
