import { readlinkSync } from 'node:fs';
import { errnoOf } from '#shared/errors.ts';
import { readSmallFile } from '#shared/files.ts';
import { localTime, systemTimeNanoseconds } from '#shared/native/clock.ts';
import { clockNanoseconds, watchClock } from '#shared/native/clock-changes.ts';
import type { ClockChanges } from './changes.ts';
import type { Clock } from './clock.ts';
import { standardOffset, zoneName } from './standard.ts';

const NS_PER_S = 1_000_000_000n;

const now = () => systemTimeNanoseconds() / NS_PER_S;

export const linuxClock: Clock = {
  systemTime: systemTimeNanoseconds,
  timezone: () => localTime(now()),
  standardTimezone: () => ({
    name: zoneName({
      variable: process.env.TZ,
      link: readLink('/etc/localtime'),
      file: readSmallFile('/etc/timezone')?.toString('latin1'),
    }),
    offsetSeconds: standardOffset(now(), (seconds) => localTime(seconds).offsetSeconds),
  }),
};

export const linuxClockChanges: ClockChanges = {
  read: () => ({
    wall: clockNanoseconds('realtime'),
    boot: clockNanoseconds('boottime'),
    awake: clockNanoseconds('monotonic'),
  }),
  onSet(listener) {
    const watch = watchClock(listener);
    return { [Symbol.dispose]: () => watch.close() };
  },
};

/** Where a link leads, empty for a file, undefined when there is nothing. */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? undefined : '';
  }
}
