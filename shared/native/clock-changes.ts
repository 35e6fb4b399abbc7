import { errnoOf } from '#shared/errors.ts';
import { readAvailable } from './descriptor.ts';
import { checked, libc } from './libc.ts';
import { watchOwned } from './owned-watch.ts';
import { type Watch, watchReadiness } from './readiness.ts';

/** TFD_NONBLOCK and TFD_CLOEXEC: timerfd_create(2). */
const FLAGS = 0o2004000;
/** TFD_TIMER_ABSTIME and TFD_TIMER_CANCEL_ON_SET: timerfd_settime(2). */
const ABSOLUTE_UNTIL_SET = 0x3;
/** The last second there is: a timer that never ends of itself. */
const NEVER = 2n ** 63n - 1n;
/** What reading a timer gives: a u64. */
const COUNT_SIZE = 8;

const timerfdCreate: (clock: number, flags: number) => number = libc.func('int timerfd_create(int clock, int flags)');
/** `struct itimerspec`: interval and time, each of seconds and nanoseconds, as 64-bit numbers. */
const timerfdSettime: (fd: number, flags: number, time: BigInt64Array, before: null) => number = libc.func(
  'int timerfd_settime(int fd, int flags, const void *time, void *before)',
);
const clockGettime: (clock: number, time: BigInt64Array) => number = libc.func(
  'int clock_gettime(int clock, void *time)',
);

const CLOCKS = { realtime: 0, monotonic: 1, boottime: 7 } as const;

/** Nanoseconds of one of the kernel's clocks: clock_gettime(2). */
export function clockNanoseconds(clock: keyof typeof CLOCKS): bigint {
  const time = new BigInt64Array(2);
  checked(clockGettime(CLOCKS[clock], time), 'clock_gettime');
  const [seconds = 0n, nanoseconds = 0n] = time;
  return seconds * 1_000_000_000n + nanoseconds;
}

/**
 * Reports that the system clock was set or that the system has woken up, which sets it too. Costs nothing until then.
 * @throws {Error} errno error
 */
export function watchClock(changed: () => void): Watch {
  const count = new Uint8Array(COUNT_SIZE);
  const fd = checked(timerfdCreate(CLOCKS.realtime, FLAGS), 'timerfd_create');
  const report = () => {
    if (wasSet(fd, count)) changed();
  };
  return watchOwned(fd, () => {
    checked(timerfdSettime(fd, ABSOLUTE_UNTIL_SET, BigInt64Array.of(0n, 0n, NEVER, 0n), null), 'timerfd_settime');
    return watchReadiness(fd, report, { writable: false });
  });
}

function wasSet(fd: number, count: Uint8Array): boolean {
  try {
    readAvailable(fd, count);
    return false;
  } catch (error) {
    if (errnoOf(error) === 'ECANCELED') return true;
    throw error;
  }
}
