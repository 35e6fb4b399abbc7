import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { formatAnswer, formatStatus, parseAnswer } from '#protocol/control/message.ts';
import { RequestTally } from '#system-agent/control/described.ts';
import { type Overview, statusFor } from '#system-agent/control/overview.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { session } from '#test/fakes/sessions.ts';

const ALICE = session({ id: '2', uid: 1000 });
const BOB = session({ id: '5', uid: 1001, user: 'bob', active: false });

function agentOf(uid: number, id: string): Overview['link']['agents'][number] {
  const hello = {
    oldest: 1,
    newest: 1,
    build: 'b',
    display: 'x11',
    features: [],
    ways: undefined,
    session: id,
  } as const;
  return { session: id, hello, connection: { uid, process: { credentials: { pid: uid + 1 } } } };
}

function parts(more: Partial<Overview> = {}): Overview {
  const tally = new RequestTally();
  tally.count('guest-set-user-password');
  return {
    program: { version: '1', commit: 'c', pid: 1, uid: 900, effects: 'real' },
    doors: [
      {
        name: 'qga',
        open: {
          channel: new FakeChannel(),
          door: { describe: () => tally.describe([{ name: 'n', text: 'secret\n' }]) },
        },
      },
      { name: 'ovirt', open: undefined },
    ],
    sessions: { snapshot: { sessions: [ALICE, BOB], source: 'logind' } },
    decision: { served: { session: ALICE, clipboard: true, files: false } },
    link: { agents: [agentOf(1000, '2'), agentOf(1001, '5')] },
    pointer: { describe: () => ({ uinput: 'auto', available: false, why: 'no\u0007 node' }) },
    bus: { connected: true },
    freeze: undefined,
    sso: { describe: () => ({ state: 'idle', why: undefined }) },
    policy: { describe: () => ({ profile: 'desktop', file: '/p\n', rules: 2, broken: undefined }) },
    audit: undefined,
    problems: ['line 3 is wrong'],
    ...more,
  };
}

describe('who is told what', () => {
  for (const [who, uid] of [
    ['root', 0],
    ["the agent's own user", 900],
  ] as const) {
    it(`${who}: everything`, () => {
      const status = statusFor(uid, parts());
      assert.equal(status.complete, true);
      assert.equal(status.doors[0]?.traffic?.last?.name, 'guest-set-user-password');
      assert.deepEqual(status.doors[0]?.details, [{ name: 'n', text: 'secret ' }]);
      assert.equal(status.doors[1]?.state, 'off');
      assert.deepEqual(
        status.sessions.map(({ id, served, clipboard, files }) => [id, served, clipboard, files]),
        [
          ['2', true, true, false],
          ['5', false, false, false],
        ],
      );
      assert.equal(status.agents.length, 2);
      assert.deepEqual(status.problems, ['line 3 is wrong']);
      assert.equal(status.pointer.why, 'no  node');
      assert.deepEqual(status.policy, { profile: 'desktop', file: '/p ', rules: 2, broken: undefined });
    });
  }

  it('another user: own sessions and whether hosts are there, no request, no detail, no problem', () => {
    const status = statusFor(1001, parts());
    assert.equal(status.complete, false);
    assert.deepEqual(
      [status.doors[0]?.state, status.doors[0]?.traffic, status.doors[0]?.details],
      ['closed', undefined, []],
    );
    assert.deepEqual(
      status.sessions.map(({ id, served }) => [id, served]),
      [['5', false]],
    );
    assert.deepEqual(
      status.agents.map(({ uid }) => uid),
      [1001],
    );
    assert.deepEqual(status.problems, []);
    assert.doesNotMatch(JSON.stringify(status), /alice|password|secret/);
  });

  it('everybody: how the freeze is', () => {
    const described = {
      phase: 'thawed',
      since: 1,
      fileSystems: [{ mountPoint: '/', type: 'ext4', frozen: false }],
      leftOut: [],
      hooks: [],
      achieved: 'lease-expired',
      ended: 'the agent\ndied',
    } as const;
    const { freeze } = statusFor(1001, parts({ freeze: { describe: () => described } }));
    const expected = { state: 'thawed', leaseLeft: undefined, achieved: 'lease-expired', ended: 'the agent died' };
    assert.deepEqual(freeze, expected);
  });

  it('what it says fits the wire, also with too much of everything', () => {
    const many = Array.from({ length: 300 }, (_, at) => session({ id: `${at}`, user: 'u'.repeat(300) }));
    const status = statusFor(
      0,
      parts({
        sessions: { snapshot: { sessions: many, source: 'logind' } },
        problems: Array(100).fill('p'.repeat(600)),
      }),
    );
    const read = parseAnswer(formatAnswer(1, formatStatus(status))).status;
    assert.ok(isDeepStrictEqual(read, status)); // a difference would be pages long
    assert.equal(status.sessions.length, 256);
  });
});
