import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { refusingSessionControl } from '#system-agent/session-control/refusing.ts';
import { SessionControlService } from '#system-agent/session-control/service.ts';
import type { SessionControlParts } from '#system-agent/session-control/session-control.ts';
import type { Session } from '#system-agent/sessions/sessions.ts';
import { FakeLoginManager, FakeSessionAgents } from '#test/fakes/session-control.ts';
import { FakeSessions, session } from '#test/fakes/sessions.ts';

const ALICE = session();
const BOB = session({ id: '7', uid: 1001, user: 'bob', active: false });
const SSH = session({ id: '9', uid: 1001, user: 'bob', type: 'tty', seat: undefined, active: false });
const GREETER = session({ id: 'c1', uid: 110, user: 'gdm', class: 'greeter', active: false });

function rig(list: readonly Session[], options: Partial<Pick<SessionControlParts, 'grace' | 'locker'>> = {}) {
  const sessions = new FakeSessions(list);
  const agents = new FakeSessionAgents();
  const manager = new FakeLoginManager();
  const log = new MemoryLog();
  const parts = { sessions, agents, served: () => ALICE.id, locker: [], grace: 30, log, ...options };
  return { sessions, agents, manager, log, parts, control: new SessionControlService(parts, manager) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the list of sessions', () => {
  it('tells of each whether it is served and has an agent', () => {
    const { control, agents } = rig([ALICE, SSH]);
    agents.answers.set(ALICE.id, () => ({}));
    assert.deepEqual(control.list(), [
      { ...ALICE, served: true, hasAgent: true },
      { ...SSH, served: false, hasAgent: false },
    ]);
  });
});

describe('locking sessions', () => {
  it("locks each user's desktop through its agent, with the configured locker, and no greeter or console", async () => {
    const { control, agents, manager } = rig([ALICE, BOB, SSH, GREETER], { locker: ['/usr/bin/i3lock', '--nofork'] });
    for (const { id } of [ALICE, BOB]) agents.answers.set(id, () => ({ locked: true, by: `saver of ${id}` }));
    assert.deepEqual(await control.lock(), [
      { session: ALICE, locked: true, by: 'saver of 1' },
      { session: BOB, locked: true, by: 'saver of 7' },
    ]);
    assert.deepEqual(
      agents.asked.map(({ body }) => body),
      [{ locker: ['/usr/bin/i3lock', '--nofork'] }, { locker: ['/usr/bin/i3lock', '--nofork'] }],
    );
    assert.deepEqual(manager.asked, []);
  });

  it('locks a desktop that logind does not know of, because it has an agent', async () => {
    const { control, agents } = rig([{ ...ALICE, type: 'tty' }]);
    agents.answers.set(ALICE.id, () => ({ locked: true, by: 'x' }));
    assert.equal((await control.lock()).length, 1);
  });

  it('asks logind where there is no agent, and believes the hint of the session', async () => {
    const { control, manager, sessions } = rig([ALICE]);
    manager.act = () => sessions.change([{ ...ALICE, locked: true }]);
    assert.deepEqual(await control.lock(), [{ session: ALICE, locked: true, by: 'logind' }]);
    assert.deepEqual(manager.asked, [['lock', '1']]);
  });

  it('and does not believe that a call that was taken locks', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const { control, agents, log } = rig([ALICE]);
    agents.answers.set(ALICE.id, () => {
      throw new AgentError('timeout', 'no answer');
    });
    const locking = control.lock();
    await settled();
    mock.timers.tick(3_000);
    const [outcome] = await locking;
    mock.timers.reset();
    assert.equal(outcome?.locked, false);
    assert.match(outcome?.why ?? '', /its agent: no answer; logind was asked and no screen lock followed/);
    assert.equal(log.lines.at(-1)?.message, 'session could not be locked');
  });

  it('tells what the agent tells, and of one that is locked already', async () => {
    const { control, agents } = rig([ALICE, { ...BOB, locked: true }]);
    agents.answers.set(ALICE.id, () => ({ locked: false, why: 'no screen saver' }));
    const [alices, bobs] = await control.lock();
    assert.deepEqual([alices?.locked, alices?.why], [false, 'no screen saver']);
    assert.deepEqual([bobs?.locked, bobs?.why], [true, 'it was locked already']);
  });

  it('asks once, however often it is wanted', async () => {
    const { control, agents } = rig([ALICE]);
    agents.answers.set(ALICE.id, async () => {
      await settled();
      return { locked: true };
    });
    await Promise.all(Array.from({ length: 100 }, () => control.lock()));
    assert.equal(agents.asked.length, 1);
  });

  it("takes one session by its id, and no greeter's, closing or unknown one", async () => {
    const { control, agents } = rig([ALICE, BOB, GREETER, { ...SSH, state: 'closing' }]);
    agents.answers.set(BOB.id, () => ({ locked: true }));
    assert.deepEqual(
      (await control.lock(BOB.id)).map(({ session: { id } }) => id),
      [BOB.id],
    );
    for (const id of [GREETER.id, SSH.id, 'none', '']) {
      await assert.rejects(control.lock(id), { code: 'not-found' });
      await assert.rejects(control.logOff(id), { code: 'not-found' });
    }
  });
});

describe('logging off', () => {
  const asked = () => ({ asked: true, by: 'org.gnome.SessionManager' });

  it('asks the desktop first, and ends the session after the grace if it is still there', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const { control, agents, manager } = rig([ALICE, BOB]);
    agents.answers.set(ALICE.id, asked);
    assert.deepEqual(await control.logOff(), { session: ALICE, by: 'org.gnome.SessionManager', seconds: 30 });
    mock.timers.tick(29_999);
    assert.deepEqual(manager.asked, []);
    mock.timers.tick(1);
    mock.timers.reset();
    assert.deepEqual(manager.asked, [['terminate', '1']]);
  });

  it('leaves a session alone that has ended by itself, and one of its id that is another user', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    for (const later of [[], [{ ...ALICE, state: 'closing' }], [{ ...ALICE, uid: 1001 }]]) {
      const { control, agents, manager, sessions } = rig([ALICE]);
      agents.answers.set(ALICE.id, asked);
      await control.logOff();
      sessions.change(later);
      mock.timers.tick(30_000);
      assert.deepEqual(manager.asked, []);
    }
    mock.timers.reset();
  });

  it('ends at once where nobody can be asked, or no grace is given', async () => {
    const without = rig([ALICE]);
    assert.deepEqual(await without.control.logOff(), { session: ALICE, why: 'it has no session agent', seconds: 0 });
    const silent = rig([ALICE]);
    silent.agents.answers.set(ALICE.id, () => ({ asked: false, why: 'no session manager runs here' }));
    assert.equal((await silent.control.logOff()).seconds, 0);
    const strict = rig([ALICE], { grace: 0 });
    strict.agents.answers.set(ALICE.id, asked);
    assert.equal((await strict.control.logOff()).seconds, 0);
    assert.deepEqual(strict.agents.asked, []);
    for (const { manager } of [without, silent, strict]) assert.deepEqual(manager.asked, [['terminate', '1']]);
  });

  it('that is wanted again is the same one, with the seconds that are left', async () => {
    const { control, agents } = rig([ALICE]);
    agents.answers.set(ALICE.id, asked);
    const [first, second] = await Promise.all([control.logOff(), control.logOff()]);
    const third = await control.logOff(ALICE.id);
    assert.equal(agents.asked.length, 1);
    assert.equal(first.seconds, 30);
    for (const { seconds, by } of [second, third]) {
      assert.ok(seconds > 0 && seconds <= 30);
      assert.equal(by, 'org.gnome.SessionManager');
    }
    await control.stop();
  });

  it('that logind refuses is its error, and can be tried again', async () => {
    const { control, manager } = rig([SSH]);
    manager.act = () => {
      throw new AgentError('refused', 'not allowed');
    };
    await assert.rejects(control.logOff(SSH.id), { code: 'refused' });
    await assert.rejects(control.logOff(SSH.id), { code: 'refused' });
    assert.equal(manager.asked.length, 2);
  });

  it('without anybody at the machine says so; a login by ssh is only ended by its id', async () => {
    const { control, manager } = rig([SSH, GREETER]);
    await assert.rejects(control.logOff(), { message: /nobody is logged in/ });
    await control.logOff(SSH.id);
    assert.deepEqual(manager.asked, [['terminate', '9']]);
  });

  it('that is still to come does not outlive the agent', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const { control, agents, manager } = rig([ALICE]);
    agents.answers.set(ALICE.id, asked);
    await control.logOff();
    await control.stop();
    mock.timers.tick(60_000);
    mock.timers.reset();
    assert.deepEqual(manager.asked, []);
  });
});

describe('an agent that may change nothing', () => {
  it('lists the sessions and refuses the rest', async () => {
    const { parts, agents, manager } = rig([ALICE]);
    agents.answers.set(ALICE.id, () => ({ locked: true, asked: true }));
    const control = refusingSessionControl.over(parts);
    assert.equal(control.list().length, 1);
    await assert.rejects(control.lock(), { code: 'refused' });
    await assert.rejects(control.logOff(), { code: 'refused' });
    assert.deepEqual([agents.asked, manager.asked], [[], []]);
  });
});
