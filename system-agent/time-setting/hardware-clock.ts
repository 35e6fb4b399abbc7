/** Seconds east of UTC at a moment, given in seconds since 1970-01-01 UTC. */
export type OffsetAt = (seconds: number) => number;

/**
 * Whether the hardware clock shows local time, as machines shared with Windows have it.
 * @param adjtime content of /etc/adjtime, whose third line says so: hwclock(8); undefined when there is none
 */
export function showsLocalTime(adjtime: string | undefined): boolean {
  return adjtime?.split('\n')[2]?.trim() === 'LOCAL';
}

/** What a clock on the wall of this zone shows, as if that were UTC. */
export function wallClock(seconds: number, offsetAt: OffsetAt): number {
  return seconds + offsetAt(seconds);
}

/** The moment at which the wall clock shows that; of two, in the hour that daylight saving repeats, the later. */
export function momentOf(shown: number, offsetAt: OffsetAt): number {
  const guess = shown - offsetAt(shown);
  return shown - offsetAt(guess);
}
