import type { DoorStatus } from '#protocol/control/status.ts';

/** What a door says of itself when somebody asks; its channel is described by the channel. */
export interface DoorDescription {
  readonly requests: number;
  /** The last request, `at` by performance.now(). */
  readonly last: { readonly name: string; readonly at: number } | undefined;
  readonly details: DoorStatus['details'];
}

/** Read by `uga status` and `uga doctor`: made when it is asked for, and costs nothing before. */
export interface DescribedDoor {
  describe(): DoorDescription;
}

/** Counts the requests of a door. Their names are those of our own tables: what a host sends never stays here. */
export class RequestTally {
  #requests = 0;
  #last: { readonly name: string; readonly at: number } | undefined;

  count(name: string): void {
    this.#requests++;
    this.#last = { name, at: performance.now() };
  }

  describe(details: DoorStatus['details'] = []): DoorDescription {
    return { requests: this.#requests, last: this.#last, details };
  }
}
