import type { Intervals } from './options.ts';

/** What a report's interval is called. */
export type Pace = Exclude<keyof Intervals, 'heartbeat'>;

const PACES: readonly Pace[] = ['users', 'cpus', 'applications', 'disks'];

/**
 * What is due with which heartbeat. Counted in heartbeats, so that nothing else wakes an idle guest, and a guest that
 * was paused does not catch up: an interval is the longest time between two reports, rounded down to heartbeats.
 */
export class Schedule {
  readonly #everyBeats: Readonly<Record<Pace, number>>;
  #beats = 0;

  constructor({ heartbeat, ...others }: Intervals) {
    const beats = (pace: Pace) => Math.max(1, Math.floor(others[pace] / heartbeat));
    this.#everyBeats = {
      users: beats('users'),
      cpus: beats('cpus'),
      applications: beats('applications'),
      disks: beats('disks'),
    };
  }

  /** Everything has just been told. */
  restart(): void {
    this.#beats = 0;
  }

  /** @returns what is due with this heartbeat */
  beat(): Pace[] {
    this.#beats++;
    return PACES.filter((pace) => this.#beats % this.#everyBeats[pace] === 0);
  }
}
