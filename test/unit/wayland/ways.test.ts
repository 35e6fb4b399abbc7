import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { setTimeout as sleep } from 'node:timers/promises';
import { choose, type Place, untilPossible, type Way } from '#session-agent/desktop/wayland/way.ts';
import { AgentError } from '#shared/errors.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { RawPeer } from '#test/support/wayland/raw-peer.ts';

function placeOf(peer: RawPeer, signal = new AbortController().signal): Place & { readonly log: MemoryLog } {
  const { connection } = peer;
  // No way of these looks at what the compositor offers.
  const registry = undefined as unknown as Place['registry'];
  return { connection, registry, env: {}, bus: undefined, log: new MemoryLog(), pollsClipboard: false, signal };
}

function way(name: string, open: () => Promise<string>): Way<string> {
  return { name, globals: [], open: async () => ({ port: await open(), [Symbol.asyncDispose]: async () => {} }) };
}

const absent = way('best', () => Promise.reject(new AgentError('unsupported', 'not offered')));
const silent = way('good', () => Promise.reject(new AgentError('timeout', 'no answer')));
const last = way('last', async () => 'port');

it('the best way that can be had is taken, and the log says why not the better ones', async () => {
  using peer = new RawPeer();
  const place = placeOf(peer);
  const choice = await choose('clipboard', [absent, silent, last, way('worse', assert.fail)], place);
  assert.ok(choice.opened);
  assert.deepEqual([choice.by, choice.opened.port], ['last', 'port']);
  const [line] = place.log.lines;
  assert.deepEqual(line?.fields, { port: 'clipboard', by: 'last', not: 'best: not offered; good: no answer' });
});

it('where there is none, every reason is told, and what may come is told from what may not', async () => {
  using peer = new RawPeer();
  const choice = await choose('clipboard', [absent, silent], placeOf(peer));
  assert.ok(!choice.opened);
  assert.equal(choice.why, 'best: not offered; good: no answer');
  assert.deepEqual(choice.later, [silent]);
  assert.deepEqual(await choose('monitors', [], placeOf(peer)), { why: 'no way is known', later: [] });
});

it('nothing is chosen when the compositor goes meanwhile', async () => {
  using peer = new RawPeer();
  const losing = way('losing', async () => {
    peer.connection[Symbol.dispose]();
    throw new AgentError('cancelled', 'the compositor is gone');
  });
  await assert.rejects(choose('clipboard', [losing, last], placeOf(peer)), { code: 'cancelled' });
});

it('a way that did not work is tried again, ever more seldom, until it does or nobody waits', async () => {
  using peer = new RawPeer();
  let attempts = 0;
  const slow = way('slow', async () => {
    if (++attempts < 3) throw new AgentError('failed', 'not yet');
    return 'port';
  });
  const stop = new AbortController();
  const waited: number[] = [];
  const wait = async (ms?: number, _value?: unknown, options?: { readonly signal?: AbortSignal }) => {
    options?.signal?.throwIfAborted();
    waited.push(ms ?? 0);
    if (waited.length === 12) stop.abort();
  };
  const place = placeOf(peer, stop.signal);
  assert.equal(await untilPossible([slow], place, wait as typeof sleep), 'slow can be had now');
  assert.deepEqual(waited, [5_000, 10_000, 20_000]);
  await assert.rejects(untilPossible([silent], place, wait as typeof sleep), { name: 'AbortError' });
  assert.deepEqual(waited.slice(-2), [120_000, 120_000]);
});
