import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Session } from '#system-agent/sessions/sessions.ts';
import { decide } from '#system-agent/sso/decision.ts';
import { session } from '#test/fakes/sessions.ts';

const ALICE = 1000;
const BOB = 1001;
const greeter = session({ id: 'c1', uid: 102, user: 'Debian-gdm', class: 'greeter', type: 'wayland' });
const locked = session({ id: '2', locked: true });
const unlocked = session({ id: '2' });
const hidden = { active: false, state: 'online' };

const over = (sessions: readonly Session[], uid = ALICE, otherUser: 'refuse' | 'wait' = 'refuse') =>
  decide({ sessions, source: 'logind' }, uid, otherUser);

describe('what a login is for', () => {
  it('logs in at the greeter when nobody is in front of it', () => {
    assert.deepEqual(over([greeter]), { do: 'login', session: greeter });
    assert.deepEqual(over([session({ ...locked, ...hidden }), greeter]).do, 'login');
  });

  it("unlocks the user's own locked session, by id and not by name", () => {
    assert.deepEqual(over([locked]), { do: 'unlock', session: locked });
    const other = session({ ...locked, user: 'alice@example.org' });
    assert.deepEqual(over([other]), { do: 'unlock', session: other });
  });

  it('does nothing to a session that is not locked', () => {
    assert.match(String(Object.values(over([unlocked]))), /not locked/);
    assert.equal(over([unlocked]).do, 'refuse');
  });

  it("leaves another user's session alone, locked or not", () => {
    for (const front of [locked, unlocked]) {
      assert.equal(over([front], BOB).do, 'refuse');
      assert.equal(over([front], BOB, 'wait').do, 'wait');
    }
  });

  it('waits while nobody is in the foreground who could take it', () => {
    assert.equal(over([]).do, 'wait');
    assert.equal(over([session({ ...locked, ...hidden })]).do, 'wait');
    assert.equal(over([session({ type: 'tty' })]).do, 'wait', 'a text console');
    assert.equal(over([session({ ...greeter, state: 'closing' })]).do, 'wait');
    assert.equal(decide({ sessions: [], source: 'unknown' }, ALICE, 'refuse').do, 'wait');
  });

  it('looks at the seat of the machine, not at remote sessions', () => {
    const remote = session({ id: '7', uid: BOB, seat: undefined, type: 'x11' });
    assert.equal(over([remote, greeter]).do, 'login');
    const { seat: _, ...elsewhere } = locked;
    assert.equal(over([{ ...elsewhere, seat: 'seat1' }]).do, 'wait');
  });

  it('refuses where nobody can tell a locked session from another', () => {
    assert.equal(decide({ sessions: [unlocked], source: 'utmp' }, ALICE, 'refuse').do, 'refuse');
    assert.equal(decide({ sessions: [], source: 'none' }, ALICE, 'refuse').do, 'refuse');
  });
});
