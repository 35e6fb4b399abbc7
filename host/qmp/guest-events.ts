import { listOf, member, textOf } from '#host/qga/info.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import type { JsonValue } from '#shared/json/value.ts';
import type { QmpEvent } from './message.ts';

/** What the guest's agent answered to uga-event-wait. */
export interface EventBatch {
  /** Where the next question goes on. */
  readonly cursor: bigint;
  readonly events: readonly QmpEvent[];
  /** Events that there were and that are not in `events`. */
  readonly missed: bigint;
  /** The agent is another one than the one that was asked before: what happened in between is not known. */
  readonly restarted: boolean;
}

/** A ring holds no more; a guest may claim more, and they count as missed. */
const MAX_EVENTS = 1024;
/** Of the data of all events of an answer: what it says goes to every client (S5). */
const MAX_TEXT = 256 * 1024;
/** What the server itself says of the guest's agent is not the guest's to say. */
const EVENT_NAME = /^(?!UGA_AGENT_(CONNECTED|DISCONNECTED|RESTARTED)$|UGA_EVENTS_MISSED$)[A-Z][A-Z0-9_]{0,63}$/;
const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * @param answer `{cursor, events: [{seq, time: {seconds, microseconds}, event, data}], missed, restarted}`; the guest is
 *   hostile (D3): an event that is not one, or that is beyond the limits, counts as missed
 * @throws {AgentError} 'malformed' when there is no cursor
 */
export function readEvents(answer: JsonValue): EventBatch {
  const cursor = countOf(member(answer, 'cursor'));
  if (cursor === undefined) throw new AgentError('malformed', 'the answer to uga-event-wait has no cursor');
  const given = listOf(member(answer, 'events'));
  const events: QmpEvent[] = [];
  let room = MAX_TEXT;
  for (const one of given.slice(0, MAX_EVENTS)) {
    const event = readEvent(one);
    room -= event === undefined ? 0 : formatJson(event.data).length;
    if (room < 0) break;
    if (event !== undefined) events.push(event);
  }
  const missed = (countOf(member(answer, 'missed')) ?? 0n) + BigInt(given.length - events.length);
  return { cursor, events, missed, restarted: member(answer, 'restarted') === true };
}

function readEvent(value: JsonValue): QmpEvent | undefined {
  const event = textOf(member(value, 'event'));
  const time = member(value, 'time');
  const seconds = countOf(member(time, 'seconds'));
  const microseconds = countOf(member(time, 'microseconds'));
  const data = member(value, 'data') ?? new Map<string, JsonValue>();
  if (event === undefined || !EVENT_NAME.test(event) || !(data instanceof Map)) return undefined;
  if (seconds === undefined || microseconds === undefined) return undefined;
  return { event, data, timestamp: { seconds, microseconds } };
}

function countOf(value: JsonValue | undefined): bigint | undefined {
  return typeof value === 'bigint' && value >= 0n && value <= MAX_UINT64 ? value : undefined;
}
