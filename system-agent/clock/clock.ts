/** The guest's clocks. Times are nanoseconds since 1970-01-01 UTC: past 2^53, where `number` loses digits. */
export interface Clock {
  systemTime(): bigint;
  /** The zone in force now, daylight saving applied; read afresh at each call. */
  timezone(): Timezone;
}

export interface Timezone {
  /** Abbreviation in force, as `date +%Z` prints it. */
  readonly zone: string;
  /** Seconds east of UTC. */
  readonly offsetSeconds: number;
}
