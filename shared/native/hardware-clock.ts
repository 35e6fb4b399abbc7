import { checked, libc } from './libc.ts';

/** The battery-backed clock of the machine: rtc(4), Linux include/uapi/linux/rtc.h. */
const ioctl: (fd: number, request: number, time: Int32Array) => number = libc.func('ioctl', 'int', [
  'int',
  'unsigned long',
  'void *',
]);

/** `struct rtc_time`: nine int, second minute hour day month year weekday yearday dst; the last three are not used. */
const FIELDS = 9;
const RTC_RD_TIME = 0x80247009;
const RTC_SET_TIME = 0x4024700a;
const FIRST_YEAR = 1900;

/**
 * What the clock shows, taken as UTC: seconds since 1970-01-01 00:00. Whether it is UTC is not written in the clock.
 * @param fd of /dev/rtc0
 * @throws {Error} errno error, EINVAL for a clock that shows no time
 */
export function readHardwareClock(fd: number): number {
  const time = new Int32Array(FIELDS);
  checked(ioctl(fd, RTC_RD_TIME, time), 'ioctl RTC_RD_TIME');
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = time;
  return Date.UTC(year + FIRST_YEAR, month, day, hour, minute, second) / 1000;
}

/** Sets what the clock shows. @throws {Error} errno error */
export function setHardwareClock(fd: number, seconds: number): void {
  const date = new Date(seconds * 1000);
  const time = Int32Array.of(
    date.getUTCSeconds(),
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDate(),
    date.getUTCMonth(),
    date.getUTCFullYear() - FIRST_YEAR,
    ...[0, 0, 0],
  );
  checked(ioctl(fd, RTC_SET_TIME, time), 'ioctl RTC_SET_TIME');
}
