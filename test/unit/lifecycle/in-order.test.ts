import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import { InOrder } from '#system-agent/lifecycle/in-order.ts';
import type { Happening, LifecycleEvent } from '#system-agent/lifecycle/lifecycle.ts';

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Events whose programs end when the test says so, or are killed. */
function rig() {
  const log = new MemoryLog();
  const begun: string[] = [];
  const told: string[] = [];
  let end = () => {};
  const state = { frozen: false };
  const lifecycle = new InOrder({
    isFrozen: () => state.frozen,
    log,
    run: ({ event, failure }, signal) => {
      begun.push(failure ? `${event} failed` : event);
      return new Promise<void>((resolve) => {
        end = resolve;
        signal.addEventListener('abort', () => resolve());
      });
    },
  });
  return {
    log,
    begun,
    told,
    state,
    end: async () => {
      end();
      await settled();
    },
    say(event: LifecycleEvent, more: Partial<Happening> = {}) {
      void lifecycle.happened({ event, failure: false, isAwaited: false, ...more }).then(() => told.push(event));
    },
    skipped: () => log.lines.map(({ fields }) => `${fields.event}: ${fields.reason}`),
  };
}

describe('events of the lifecycle', () => {
  it('run one after the other, each with its word for a failure', async () => {
    const { say, begun, told, end } = rig();
    say('before_migration', { isAwaited: true });
    await settled();
    say('after_migration', { failure: true });
    await settled();
    assert.deepEqual([begun, told], [['before_migration'], []]);
    await end();
    assert.deepEqual([begun, told], [['before_migration', 'after_migration failed'], ['before_migration']]);
    await end();
    assert.deepEqual(told, ['before_migration', 'after_migration']);
  });

  it('a host that waits is told after eight seconds, and what runs is killed', async () => {
    const { say, told, begun } = rig();
    say('before_migration', { isAwaited: true });
    await settled();
    mock.timers.tick(7_999);
    await settled();
    assert.deepEqual([begun, told], [['before_migration'], []]);
    mock.timers.tick(1);
    await settled();
    assert.deepEqual(told, ['before_migration']);
  });

  it('time counts from the word: whoever waits behind others is told in time too', async () => {
    const { say, told, begun, skipped } = rig();
    say('after_migration');
    await settled();
    say('before_migration', { isAwaited: true });
    await settled();
    mock.timers.tick(8_000);
    await settled();
    assert.deepEqual([begun, told], [['after_migration'], ['before_migration']]);
    mock.timers.tick(52_000); // ends the first
    await settled();
    assert.deepEqual(told, ['before_migration', 'after_migration']);
    assert.deepEqual([begun, skipped()], [['after_migration'], ['before_migration: others took too long']]);
  });

  it('a word of before that is read together with its after is over', async () => {
    const { say, told, begun, skipped, end } = rig();
    say('before_hibernation', { isAwaited: true });
    say('after_hibernation');
    await settled();
    assert.deepEqual([begun, told], [['after_hibernation'], ['before_hibernation']]);
    assert.deepEqual(skipped(), ['before_hibernation: it is over']);
    await end();
    assert.deepEqual(told, ['before_hibernation', 'after_hibernation']);
  });

  it('a flood is answered and not run', async () => {
    const { say, told, begun, skipped } = rig();
    say('after_migration');
    await settled();
    for (let count = 0; count < 1_000; count++) say('before_hibernation', { isAwaited: true });
    await settled();
    assert.equal(told.length, 996);
    assert.deepEqual(begun, ['after_migration']);
    assert.equal(skipped().at(-1), 'before_hibernation: too many wait');
  });

  it('nothing is started while file systems are frozen', async () => {
    const { say, told, begun, skipped, state } = rig();
    state.frozen = true;
    say('before_migration', { isAwaited: true });
    await settled();
    assert.deepEqual([begun, told], [[], ['before_migration']]);
    assert.deepEqual(skipped(), ['before_migration: file systems are frozen']);
  });
});
