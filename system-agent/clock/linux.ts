import { localTime, systemTimeNanoseconds } from '#shared/native/clock.ts';
import type { Clock } from './clock.ts';

const NS_PER_S = 1_000_000_000n;

export const linuxClock: Clock = {
  systemTime: systemTimeNanoseconds,
  timezone: () => localTime(systemTimeNanoseconds() / NS_PER_S),
};
