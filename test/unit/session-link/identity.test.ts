import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sessionOf } from '#system-agent/session-link/identity.ts';
import type { Session } from '#system-agent/sessions/sessions.ts';
import { FakeSessions, session } from '#test/fakes/sessions.ts';

const ALICE = session({ id: '1', uid: 1000 });
const ALICE_AGAIN = session({ id: '2', uid: 1000, active: false });
const ALICE_SSH = session({ id: '3', uid: 1000, type: 'tty', seat: undefined });
const BOB = session({ id: '4', uid: 1001, active: false });
const ALL = [BOB, ALICE_SSH, ALICE_AGAIN, ALICE];

interface Case {
  readonly uid: number;
  readonly place?: { readonly session?: string; readonly uid?: number };
  readonly wanted?: string;
  readonly sessions?: readonly Session[];
  readonly gone?: boolean;
}

function identify({ uid, place, wanted, sessions = ALL, gone = false }: Case): string {
  const fake = new FakeSessions(sessions);
  if (place !== undefined) fake.places.set('group', place);
  return sessionOf({ uid, cgroup: gone ? undefined : 'group', wanted }, fake, new Set([1000]));
}

const MANAGER = { uid: 1000 };

describe('the session of a process', () => {
  const GOOD: Readonly<Record<string, readonly [Case, string]>> = {
    'in a session is that session': [{ uid: 1000, place: { session: '2', uid: 1000 } }, '2'],
    'in a session is that session, whatever it wants': [
      { uid: 1000, place: { session: '2', uid: 1000 }, wanted: '1' },
      '2',
    ],
    "in a session is that session, also when it wants another user's": [
      { uid: 1000, place: { session: '1' }, wanted: '4' },
      '1',
    ],
    'in a session without a desktop is that session': [{ uid: 1000, place: { session: '3' } }, '3'],
    "of the user's manager is the active graphical one": [{ uid: 1000, place: MANAGER }, '1'],
    "of the user's manager is the one it wants among the user's own": [{ uid: 1000, place: MANAGER, wanted: '2' }, '2'],
    "of the user's manager is any graphical one when none is active": [{ uid: 1001, place: { uid: 1001 } }, '4'],
    'of root is a session of root': [
      { uid: 0, place: { session: '9' }, sessions: [session({ id: '9', uid: 0 })] },
      '9',
    ],
  };
  for (const [name, [given, expected]] of Object.entries(GOOD)) {
    it(name, () => assert.equal(identify(given), expected));
  }

  const BAD: Readonly<Record<string, readonly [Case, RegExp]>> = {
    'in no session is none': [{ uid: 1000 }, /no session/],
    'that has ended is none': [{ uid: 1000, place: { session: '1' }, gone: true }, /has ended/],
    "in another user's session is none": [{ uid: 1001, place: { session: '1' } }, /another user's/],
    'of root in a session of a user is none': [{ uid: 0, place: { session: '1' } }, /another user's/],
    "of root below a user's manager is none": [{ uid: 0, place: MANAGER }, /another user's/],
    "below another user's manager is none": [{ uid: 1001, place: MANAGER, wanted: '1' }, /another user's/],
    'in a session that is gone is none': [{ uid: 1000, place: { session: '7' } }, /gone/],
    "that wants another user's session is none": [{ uid: 1000, place: MANAGER, wanted: '4' }, /no such/],
    'that wants a session that never was is none': [{ uid: 1000, place: MANAGER, wanted: '../1' }, /no such/],
    'that wants its session without a desktop is none': [{ uid: 1000, place: MANAGER, wanted: '3' }, /no such/],
    'of a manager whose user has no desktop is none': [
      { uid: 1000, place: MANAGER, sessions: [ALICE_SSH, BOB] },
      /no graphical/,
    ],
    'of a manager whose only session is closing is none': [
      { uid: 1000, place: MANAGER, sessions: [{ ...ALICE, state: 'closing' }] },
      /no graphical/,
    ],
  };
  for (const [name, [given, reason]] of Object.entries(BAD)) {
    it(name, () => assert.throws(() => identify(given), { code: 'refused', message: reason }));
  }

  for (const source of ['utmp', 'none'] as const) {
    it(`without logind (${source}) there is one for each user that is configured, and for nobody else`, () => {
      const fake = new FakeSessions([ALICE, BOB], source);
      fake.places.set('group', { session: '4' });
      const allow = new Set([1000, 0]);
      const of = (uid: number) => sessionOf({ uid, cgroup: 'group', wanted: '4' }, fake, allow);
      assert.equal(of(1000), 'uid-1000');
      assert.equal(of(0), 'uid-0');
      assert.throws(() => of(1001), { code: 'refused', message: /allow-uid/ });
    });
  }

  it('with logind a configured user is like any other', () => {
    assert.throws(() => identify({ uid: 1000 }), { code: 'refused' });
  });
});
