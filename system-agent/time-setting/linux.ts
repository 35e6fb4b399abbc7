import { closeSync, constants, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError, messageOf } from '#shared/errors.ts';
import { readSmallFile } from '#shared/files.ts';
import { localTime, setSystemTime, systemTimeNanoseconds } from '#shared/native/clock.ts';
import { readHardwareClock, setHardwareClock } from '#shared/native/hardware-clock.ts';
import { momentOf, showsLocalTime, wallClock } from './hardware-clock.ts';
import type { TimeSetting } from './time-setting.ts';

const DEVICE = '/dev/rtc0';
const NS_PER_S = 1_000_000_000n;
/** A PC's hardware clock begins its next second this long after it was set. */
const AFTER_SET_MS = 500;
const LOOK_EVERY_MS = 5;
/** A clock whose seconds last longer has stopped; what it shows is still better than nothing. */
const TICK_TIMEOUT_MS = 1_500;

/**
 * The kernel's own interfaces, to the effect of `hwclock --systohc` and `--hctosys`: the program is missing from the
 * default installation of newer Debian releases, the clock is not (L6).
 */
export const linuxTimeSetting: TimeSetting = {
  async set(nanoseconds) {
    attempt('set time to guest', () => setSystemTime(nanoseconds));
    // Of the second that the hardware clock will show, half has to be over.
    const elapsedMs = Number((systemTimeNanoseconds() % NS_PER_S) / 1_000_000n);
    await sleep((AFTER_SET_MS - elapsedMs + 1000) % 1000);
    attempt('set hardware clock to system time', () => {
      const seconds = Number(systemTimeNanoseconds() / NS_PER_S);
      withClock(constants.O_RDWR, (fd) => setHardwareClock(fd, isLocal() ? wallClock(seconds, offsetAt) : seconds));
    });
  },

  async setFromHardware() {
    const shown = await nextTick();
    attempt('set system time from hardware clock', () => {
      setSystemTime(BigInt(isLocal() ? momentOf(shown, offsetAt) : shown) * NS_PER_S);
    });
  },
};

/** Waits for the clock's seconds to change, which is when what it shows is exact. */
async function nextTick(): Promise<number> {
  const read = () => attempt('read hardware clock', () => withClock(constants.O_RDONLY, readHardwareClock));
  const first = read();
  for (const end = performance.now() + TICK_TIMEOUT_MS; performance.now() < end; ) {
    await sleep(LOOK_EVERY_MS);
    const now = read();
    if (now !== first) return now;
  }
  return first;
}

function withClock<T>(mode: number, use: (fd: number) => T): T {
  const fd = openSync(DEVICE, mode);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

const isLocal = () => showsLocalTime(readSmallFile('/etc/adjtime')?.toString('latin1'));
const offsetAt = (seconds: number) => localTime(BigInt(seconds)).offsetSeconds;

function attempt<T>(step: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new AgentError('failed', `failed to ${step}: ${messageOf(error)}`, { cause: error });
  }
}
