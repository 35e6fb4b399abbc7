import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventHub } from '#system-agent/events/hub.ts';
import type { AgentEvent } from '#system-agent/events/kinds.ts';

const SHUTDOWN: AgentEvent = { event: 'SHUTDOWN_BEGUN', data: {} };
const LONG_MS = 600_000;

const hubNow = () => {
  let microseconds = 1_700_000_000_000_000;
  return new EventHub(() => ++microseconds);
};
const host = () => new AbortController();
const namesOf = (batch: Awaited<ReturnType<EventHub['wait']>>) => batch.events.map(({ event }) => event);

describe('waiting for events', () => {
  it('without a cursor is from now on, and does not wait unless asked to', async () => {
    const hub = hubNow();
    hub.publish(SHUTDOWN);
    const first = await hub.wait({ cursor: undefined, timeoutMs: 0, host: host().signal });
    assert.deepEqual(namesOf(first), []);
    hub.publish(SHUTDOWN);
    const second = await hub.wait({ cursor: BigInt(first.cursor), timeoutMs: 0, host: host().signal });
    assert.deepEqual(namesOf(second), ['SHUTDOWN_BEGUN']);
  });

  it('ends with the next event', async () => {
    const hub = hubNow();
    const waiting = hub.wait({ cursor: undefined, timeoutMs: LONG_MS, host: host().signal });
    hub.publish(SHUTDOWN);
    assert.deepEqual(namesOf(await waiting), ['SHUTDOWN_BEGUN']);
  });

  it('does not begin when there is something already, or the cursor is of another life', async () => {
    const hub = hubNow();
    const request = { timeoutMs: LONG_MS, host: host().signal };
    assert.equal((await hub.wait({ ...request, cursor: 7n })).restarted, true);
    hub.publish(SHUTDOWN);
    assert.equal((await hub.wait({ ...request, cursor: 0n })).events.length, 1);
  });

  it('ends at its time', async () => {
    const hub = hubNow();
    const { cursor } = await hub.wait({ cursor: undefined, timeoutMs: 0, host: host().signal });
    const batch = await hub.wait({ cursor: undefined, timeoutMs: 5, host: host().signal });
    assert.deepEqual(batch, { cursor, events: [], missed: 0, restarted: false });
  });

  it('ends when the host leaves, and leaves nothing behind', async () => {
    const hub = hubNow();
    const leaving = host();
    const waiting = hub.wait({ cursor: undefined, timeoutMs: LONG_MS, host: leaving.signal });
    leaving.abort();
    assert.deepEqual(namesOf(await waiting), []);
    assert.deepEqual(namesOf(await hub.wait({ cursor: undefined, timeoutMs: LONG_MS, host: leaving.signal })), []);
  });

  it('ends when the agent stops', async () => {
    const hub = hubNow();
    const waiting = hub.wait({ cursor: undefined, timeoutMs: LONG_MS, host: host().signal });
    hub.endWaits();
    assert.deepEqual(namesOf(await waiting), []);
  });

  it('of two doors wakes both', async () => {
    const hub = hubNow();
    const request = { cursor: undefined, timeoutMs: LONG_MS, host: host().signal };
    const both = Promise.all([hub.wait(request), hub.wait(request)]);
    hub.publish(SHUTDOWN);
    assert.deepEqual((await both).map(namesOf), [['SHUTDOWN_BEGUN'], ['SHUTDOWN_BEGUN']]);
  });
});

describe('events', () => {
  it('have bounded texts, wherever they stand', async () => {
    const hub = hubNow();
    const long = 'x'.repeat(100_000);
    hub.publish({ event: 'ADDRESSES_CHANGED', data: { interfaces: [long], more: 0n } });
    hub.publish({ event: 'POLICY_DENIED', data: { door: 'qga', request: long, rule: 'short', untold: 0n } });
    const { events } = await hub.wait({ cursor: 0n, timeoutMs: 0, host: host().signal });
    assert.deepEqual(
      events.map(({ data }) => data),
      [
        { interfaces: [`${'x'.repeat(256)}…`], more: 0n },
        { door: 'qga', request: `${'x'.repeat(256)}…`, rule: 'short', untold: 0n },
      ],
    );
  });

  it('are told to listeners until they have enough', () => {
    const hub = hubNow();
    const heard: string[] = [];
    const listening = hub.onEvent(({ event }) => heard.push(event));
    hub.publish(SHUTDOWN);
    listening[Symbol.dispose]();
    hub.publish(SHUTDOWN);
    assert.deepEqual(heard, ['SHUTDOWN_BEGUN']);
  });
});
