/** The guest's clocks. Times are nanoseconds since 1970-01-01 UTC: past 2^53, where `number` loses digits. */
export interface Clock {
  systemTime(): bigint;
  /** The zone in force now, daylight saving applied; read afresh at each call. */
  timezone(): Timezone;
  /** The zone without daylight saving; read afresh at each call. */
  standardTimezone(): StandardTimezone;
}

export interface Timezone {
  /** Abbreviation in force, as `date +%Z` prints it. */
  readonly zone: string;
  /** Seconds east of UTC. */
  readonly offsetSeconds: number;
}

export interface StandardTimezone {
  /** As in the zone database, "Europe/Prague"; empty when the system has a zone without telling its name. */
  readonly name: string;
  /** Seconds east of UTC in winter. */
  readonly offsetSeconds: number;
}
