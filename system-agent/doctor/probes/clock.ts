import { readFileSync, statSync } from 'node:fs';
import type { ClockFact } from '../facts.ts';

/**
 * @param rtc file with the hardware clock's seconds since 1970: rtc(4), Documentation/ABI/testing/rtc-class
 * @param adjtime file that says whether it keeps local time: adjtime_config(5)
 * @param program whose file's time is the build's
 */
export function readClock(rtc: string, adjtime: string, program: string): ClockFact {
  const isLocal = /^LOCAL$/m.test(textOf(adjtime));
  const hardware = Number(textOf(rtc).trim() || Number.NaN);
  const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs;
  return {
    now: Math.floor(Date.now() / 1000),
    hardware: isLocal || Number.isNaN(hardware) ? undefined : hardware,
    built: built === undefined ? undefined : Math.floor(built / 1000),
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // a machine without one
  }
}
