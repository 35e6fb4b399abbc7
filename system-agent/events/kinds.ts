import {
  type Infer,
  int64,
  listOf,
  number,
  object,
  optional,
  type Schema,
  string,
  struct,
} from '#shared/schema/schema.ts';

/** What one kind of event is and what comes with it. */
interface Kind<T> {
  /** One sentence for people who read the list of events. */
  readonly summary: string;
  readonly data: Schema<T>;
}

function kind<T>(summary: string, data: Schema<T>): Kind<T> {
  return { summary, data };
}

const session = struct('UgaEventSession', {
  id: string,
  uid: int64,
  user: string,
  class: string,
  type: string,
  seat: optional(string),
});

/** No secrets and nothing of a clipboard stands in an event, however it comes about. */
const ofSession = object({ session });

/**
 * Every event there is: the one table from which introspection and documents are made. Names are in capitals, as QMP has
 * them, so that a front of QMP passes them on as they are.
 */
export const EVENTS = {
  GUEST_FROZEN: kind('A freeze is complete: file systems stand still until the thaw.', object({ filesystems: int64 })),
  GUEST_THAWED: kind(
    'A freeze has ended; with a reason if no host has asked for it, and then a copy of the disks may be inconsistent.',
    object({ reason: optional(string) }),
  ),
  ADDRESSES_CHANGED: kind(
    'Interfaces have come, gone, or changed their state or addresses; `more` of them are not named.',
    object({ interfaces: listOf(string), more: int64 }),
  ),
  MOUNTS_CHANGED: kind(
    'Local file systems were mounted or unmounted; `more` of them are not named.',
    object({ mounted: listOf(string), unmounted: listOf(string), more: int64 }),
  ),
  SESSION_ADDED: kind('Somebody has logged in, or is there when the agent starts.', ofSession),
  SESSION_REMOVED: kind('A session is gone.', ofSession),
  SESSION_ACTIVE: kind('A session has come to the foreground of its seat.', ofSession),
  SESSION_INACTIVE: kind('A session has left the foreground.', ofSession),
  SESSION_LOCKED: kind('The screen of a session was locked.', ofSession),
  SESSION_UNLOCKED: kind('The screen of a session was unlocked.', ofSession),
  SHUTDOWN_BEGUN: kind('The guest goes down or restarts, whoever has asked for it. Needs logind.', object({})),
  RESUMED: kind('The guest has slept for so many seconds and is awake.', object({ seconds: number })),
  CLOCK_JUMPED: kind('Somebody has set the system clock, by so many seconds.', object({ seconds: number })),
  POLICY_DENIED: kind(
    'The policy has refused what came through a door; told once a second, and `untold` of them before this one were not.',
    object({ door: string, request: string, rule: string, untold: int64 }),
  ),
  AUDIT_FAILED: kind('The audit trail could not be written.', object({ reason: string })),
} as const;

export type EventName = keyof typeof EVENTS;

export type AgentEvent = {
  readonly [N in EventName]: { readonly event: N; readonly data: Infer<(typeof EVENTS)[N]['data']> };
}[EventName];

/** For those who have something to tell. Never throws, never waits. */
export interface Publish {
  publish(event: AgentEvent): void;
}
