import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { ACT_KINDS } from '#protocol/ipc/messages/notice.ts';
import { kindOf, TOLD } from '#system-agent/notices/kinds.ts';
import { EVERY_MS, HostNotices, TOGETHER_MS } from '#system-agent/notices/notices.ts';
import { audited } from '#system-agent/qga/audited.ts';
import { FakeSessionAgent, FakeSessionLink } from '#test/fakes/served-session.ts';

async function watching() {
  const listeners = new Set<(door: string, command: string) => void>();
  const link = new FakeSessionLink();
  const agent = new FakeSessionAgent('1');
  const notices = new HostNotices(
    {
      onDone(listener) {
        listeners.add(listener);
        return { [Symbol.dispose]: () => listeners.delete(listener) };
      },
    },
    link,
  );
  await notices.start();
  return {
    link,
    agent,
    notices,
    listeners,
    done: (command: string, times = 1) => {
      for (let n = 0; n < times; n++) for (const listener of listeners) listener('qga', command);
    },
    told: (one = agent) => one.link.take().map(({ body }) => (body as { acts: unknown }).acts),
  };
}

describe('notices of what hosts do', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  it('say together what comes together, in kinds and numbers', async () => {
    const { link, agent, done, told } = await watching();
    link.serve(agent);
    done('guest-exec', 3);
    done('guest-file-read');
    done('guest-ping', 100);
    assert.deepEqual(told(), []);
    mock.timers.tick(TOGETHER_MS);
    assert.deepEqual(told(), [
      [
        { kind: 'program', count: 3 },
        { kind: 'file-read', count: 1 },
      ],
    ]);
  });

  it('come once a minute at most, however much is done, and then say all of it', async () => {
    const { link, agent, done, told } = await watching();
    link.serve(agent);
    done('guest-exec');
    mock.timers.tick(TOGETHER_MS);
    for (let second = 0; second < 119; second++) {
      done('guest-exec', 10);
      mock.timers.tick(1_000);
    }
    assert.deepEqual(told(), [[{ kind: 'program', count: 1 }], [{ kind: 'program', count: EVERY_MS / 100 }]]);
  });

  it('are quick again after a quiet minute', async () => {
    const { link, agent, done, told } = await watching();
    link.serve(agent);
    done('guest-exec');
    mock.timers.tick(TOGETHER_MS);
    mock.timers.tick(EVERY_MS);
    told();
    done('guest-exec');
    mock.timers.tick(TOGETHER_MS);
    assert.equal(told().length, 1);
  });

  it('are for whom it was done under the eyes of: nobody, a greeter, or the next user hears nothing', async () => {
    const { link, agent, done, told } = await watching();
    const next = new FakeSessionAgent('2');
    done('guest-exec');
    link.serve(agent);
    mock.timers.tick(TOGETHER_MS);
    done('guest-exec');
    link.serve(next);
    mock.timers.tick(TOGETHER_MS);
    assert.deepEqual([told(), told(next)], [[], []]);
    if (link.served) link.served = { ...link.served, session: { ...link.served.session, class: 'greeter' } };
    done('guest-exec');
    mock.timers.tick(TOGETHER_MS);
    assert.deepEqual(told(next), []);
  });

  it('are not for an agent that does not know them, and end with ours', async () => {
    const { link, done, notices, listeners } = await watching();
    const old = new FakeSessionAgent('1', ['clipboard.text']);
    link.serve(old);
    done('guest-exec');
    mock.timers.tick(TOGETHER_MS);
    assert.deepEqual(old.link.seen, []);
    await notices.stop();
    assert.equal(listeners.size, 0);
  });
});

describe('the table of what is told', () => {
  it('has commands that the audit records, and kinds that sessions know', () => {
    for (const [command, kind] of Object.entries(TOLD.qga ?? {})) {
      assert.ok(['access', 'change'].includes(audited[command]?.weight ?? ''), command);
      assert.ok(ACT_KINDS.includes(kind));
    }
    for (const name of ['constructor', 'guest-ping']) assert.equal(kindOf('qga', name), undefined);
    assert.equal(kindOf('constructor', 'name'), undefined);
  });
});
