import { AgentError } from '#shared/errors.ts';
import { anything, boolean, int64, listOf, object, optional, string, struct } from '#shared/schema/schema.ts';
import { MAX_WAIT_MS } from '../../events/events.ts';
import type { StoredEvent } from '../../events/ring.ts';
import { defineCommand } from '../command.ts';

const MICROSECONDS = 1_000_000;

const event = struct('UgaEvent', {
  seq: int64,
  time: struct('UgaEventTime', { seconds: int64, microseconds: int64 }),
  event: string,
  data: anything,
});

export const ugaEventWait = defineCommand({
  name: 'uga-event-wait',
  since: 'uga 0.1',
  summary:
    'Events after `cursor` (0: all that is known, absent: from now on); if there is none, waits up to `timeout` ' +
    'milliseconds, at most 2000, for one.',
  testedBy: 'interfaces, sessions, restarts and hosts that leave, with the real agent',
  args: object({ cursor: optional(int64), timeout: optional(int64) }),
  result: struct('UgaEvents', { cursor: int64, events: listOf(event), missed: int64, restarted: boolean }),
  errors: ['a cursor or timeout that is negative'],
  needs: ['events'],
  readOnly: true,

  async run({ cursor, timeout = 0n }, { events }, call) {
    if (timeout < 0n || (cursor ?? 0n) < 0n) throw new AgentError('invalid-argument', 'cursor and timeout are from 0');
    const timeoutMs = timeout > MAX_WAIT_MS ? MAX_WAIT_MS : Number(timeout);
    const batch = await events.wait({ cursor, timeoutMs, host: call.host });
    return { ...batch, events: batch.events.map(print) };
  },
});

function print({ seq, time, event, data }: StoredEvent) {
  return { seq, time: { seconds: Math.floor(time / MICROSECONDS), microseconds: time % MICROSECONDS }, event, data };
}
