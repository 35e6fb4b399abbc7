import { existsSync } from 'node:fs';
import path from 'node:path';
import koffi from 'koffi';
import { type Address, checked, libc, systemError } from './libc.ts';

interface TimeValue {
  tv_sec: number | bigint;
  tv_usec: number | bigint;
}

interface BrokenDownTime {
  tm_gmtoff: number | bigint;
  tm_zone: Address;
}

const timespec = koffi.struct({ tv_sec: 'long', tv_nsec: 'long' });
const timeval = koffi.struct({ tv_sec: 'long', tv_usec: 'long' });
const tm = koffi.struct({
  tm_sec: 'int',
  tm_min: 'int',
  tm_hour: 'int',
  tm_mday: 'int',
  tm_mon: 'int',
  tm_year: 'int',
  tm_wday: 'int',
  tm_yday: 'int',
  tm_isdst: 'int',
  tm_gmtoff: 'long',
  tm_zone: 'void *',
});
const gettimeofday: (time: Partial<TimeValue>, zone: null) => number = libc.func('gettimeofday', 'int', [
  koffi.out(koffi.pointer(timeval)),
  'void *',
]);
const CLOCK_REALTIME = 0;
const clockSettime: (clock: number, time: { tv_sec: bigint; tv_nsec: bigint }) => number = libc.func(
  'clock_settime',
  'int',
  ['int', koffi.pointer(timespec)],
);
const tzset: () => void = libc.func('void tzset(void)');
const localtimeR: (seconds: BigInt64Array, result: Partial<BrokenDownTime>) => Address = libc.func(
  'localtime_r',
  'void *',
  ['const void *', koffi.out(koffi.pointer(tm))],
);

/** Nanoseconds since 1970-01-01 00:00 UTC by the system clock, which can jump; microsecond resolution. */
export function systemTimeNanoseconds(): bigint {
  const now: Partial<TimeValue> = {};
  checked(gettimeofday(now, null), 'gettimeofday');
  return BigInt(now.tv_sec ?? 0) * 1_000_000_000n + BigInt(now.tv_usec ?? 0) * 1_000n;
}

/**
 * Sets the system clock.
 * @param nanoseconds since 1970-01-01 00:00 UTC, not negative
 * @throws {Error} errno error, EPERM without the right to
 */
export function setSystemTime(nanoseconds: bigint): void {
  const time = { tv_sec: nanoseconds / 1_000_000_000n, tv_nsec: nanoseconds % 1_000_000_000n };
  checked(clockSettime(CLOCK_REALTIME, time), 'clock_settime');
}

export interface LocalTime {
  /** Abbreviation in use at that moment: "CET", "CEST", "UTC". */
  readonly zone: string;
  /** Seconds east of UTC. */
  readonly offsetSeconds: number;
}

/**
 * The system's time zone at a moment. A changed TZ or /etc/localtime is seen, as localtime(3) alone would not. A TZ
 * that names no zone is UTC as for GLib's programs; the C library would make up a zone of that name.
 *
 * @param seconds since 1970-01-01 00:00 UTC
 * @throws {Error} errno EOVERFLOW for a year that does not fit 32 bits
 */
export function localTime(seconds: bigint): LocalTime {
  if (!isKnownZone(process.env.TZ)) return { zone: 'UTC', offsetSeconds: 0 };
  tzset();
  const time: Partial<BrokenDownTime> = {};
  if (localtimeR(BigInt64Array.of(seconds), time) === null) throw systemError('localtime_r');
  return {
    zone: time.tm_zone ? koffi.decode.string(time.tm_zone) : 'UTC',
    offsetSeconds: Number(time.tm_gmtoff ?? 0),
  };
}

/** A rule of tzset(3), such as `CET-1CEST` or `<+05>-5`; anything else names a file. */
const RULE = /^:?(<[A-Za-z0-9+-]{3,}>|[A-Za-z]{3,})[+-]?\d/;

function isKnownZone(zone: string | undefined): boolean {
  if (zone === undefined || RULE.test(zone)) return true;
  const name = zone.replace(/^:/, '');
  return name !== '' && existsSync(path.resolve(process.env.TZDIR ?? '/usr/share/zoneinfo', name));
}
