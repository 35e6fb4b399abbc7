import type { Batch } from './ring.ts';

/** Longest wait for an event, in milliseconds: a host that waits shares its port with everybody else (D4). */
export const MAX_WAIT_MS = 2000;

export interface EventsRequest {
  /** What the last answer said; FROM_BEGINNING: all that is known; undefined: from now on. */
  readonly cursor: bigint | undefined;
  /** 0 to MAX_WAIT_MS. */
  readonly timeoutMs: number;
  /** Aborted when the host that asks has gone. */
  readonly host: AbortSignal;
}

/** What happens in the guest, for hosts that ask. Decision: docs/decisions/0027-events-are-asked-for.md. */
export interface Events {
  /** Answers at once when there is something after the cursor, else with the next event or at the end of the time. */
  wait(request: EventsRequest): Promise<Batch>;
}
