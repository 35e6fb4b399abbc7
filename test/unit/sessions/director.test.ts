import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import { SessionDirector } from '#system-agent/sessions/director.ts';
import { FakeSessions } from '#test/fakes/sessions.ts';
import { session } from '#test/support/sessions.ts';
import { until } from '#test/support/until.ts';

const alice = session('1');

async function started(sessions: FakeSessions, log = new MemoryLog()): Promise<SessionDirector & AsyncDisposable> {
  const director = new SessionDirector(sessions, log);
  await director.start();
  return Object.assign(director, { [Symbol.asyncDispose]: () => director.stop() });
}

describe('the director of sessions', () => {
  it('knows at its start what is there, and tells of each change', async () => {
    const sessions = new FakeSessions([alice]);
    await using director = await started(sessions);
    assert.equal(director.served?.session.id, '1');
    const seen: (string | undefined)[] = [];
    director.onServed((now, before) => seen.push(before?.session.id, now?.session.id));
    sessions.change([{ ...alice, active: false }]);
    assert.deepEqual(seen, ['1', undefined]);
  });

  it('has the words for a host at hand, and says them once when something lasts', async () => {
    const sessions = new FakeSessions([alice]);
    await using director = await started(sessions);
    const words: string[] = [];
    director.onWord(({ word }) => words.push(word));
    assert.deepEqual(
      director.words.map(({ word }) => word),
      ['active-user', 'session-logon'],
    );
    sessions.change([{ ...alice, locked: true }]);
    sessions.change([alice]);
    await until(() => words.length > 0);
    assert.deepEqual(words, ['active-user', 'session-logon']);
  });

  it('finishes one change before the next, which a listener may have caused', async () => {
    const sessions = new FakeSessions([]);
    await using director = await started(sessions);
    const order: string[] = [];
    director.onServed((now) => {
      order.push(`first hears ${now?.session.id}`);
      if (now?.session.id === '1') sessions.change([]);
    });
    director.onServed((now) => order.push(`second hears ${now?.session.id}`));
    sessions.change([alice]);
    assert.deepEqual(order, ['first hears 1', 'second hears 1', 'first hears undefined', 'second hears undefined']);
  });

  it('lets no listener keep the others from hearing', async () => {
    const log = new MemoryLog();
    const sessions = new FakeSessions([]);
    await using director = await started(sessions, log);
    let heard = 0;
    director.onEvent(() => {
      throw new Error('defect');
    });
    director.onEvent(() => {
      heard++;
    });
    sessions.change([alice]);
    assert.equal(heard, 2);
    assert.ok(log.lines.some(({ level }) => level === 'error'));
  });

  it('is silent after its end', async () => {
    const sessions = new FakeSessions([]);
    const director = await started(sessions);
    await director.stop();
    sessions.change([alice]);
    assert.equal(director.served, undefined);
  });
});
