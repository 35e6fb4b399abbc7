import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeyboardPort } from '#session-agent/desktop/backend.ts';
import type { Wait } from '#session-agent/screen-lock/held.ts';
import type { Argv } from '#session-agent/screen-lock/programs.ts';
import { ScreenLock } from '#session-agent/screen-lock/screen-lock.ts';
import { COMMAND } from '#session-agent/screen-lock/xscreensaver.ts';
import { AgentError } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';
import { FakeBus } from '#test/fakes/bus.ts';
import { FakePrograms } from '#test/fakes/programs.ts';
import { until } from '#test/support/until.ts';

/** A session bus where these services run; `locks` says what their Lock leads to. */
function sessionBus(locks: Readonly<Record<string, boolean>> = {}) {
  const bus = new FakeBus();
  const locked = new Set<string>();
  for (const name of Object.keys(locks)) bus.setOwner(name, ':1.7');
  bus.answer = ({ destination, member, body }) => {
    if (member === 'NameHasOwner') return [Object.hasOwn(locks, String(body?.[0]))];
    const works = locks[destination];
    if (works === undefined) throw new AgentError('not-found', `${destination} does not run`);
    if (member === 'GetActive') return [locked.has(destination)];
    if (works) locked.add(destination);
    return [];
  };
  return Object.assign(bus, {
    unlock(name: string, path: string) {
      locked.delete(name);
      bus.emit(name, path, name, 'ActiveChanged', false);
    },
  });
}

/** @param follows the desktop locks when logind is asked */
function logind(follows: boolean) {
  const bus = Object.assign(new FakeBus(), { hint: false });
  bus.answer = ({ member, body }) => {
    if (member === 'Get') return [bus.hint];
    bus.hint = member === 'SetLockedHint' ? body?.[0] === true : follows;
    return [];
  };
  return bus;
}

/** Time passes without being waited for. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function lock(
  session: FakeBus,
  system: FakeBus,
  programs = new FakePrograms(),
  locker?: Argv,
  keyboard?: KeyboardPort,
  wait: Wait = turn,
) {
  return new ScreenLock({ session, system, programs, keyboard, wait, log: silent }).lock(locker);
}

describe('locking the screen', () => {
  it("is done by the desktop's own screen saver, which says so afterwards", async () => {
    const result = await lock(sessionBus({ 'org.mate.ScreenSaver': true }), logind(false));
    assert.deepEqual(result, { locked: true, by: 'org.mate.ScreenSaver' });
  });

  it('is done by a screen saver that locks without an answer', async () => {
    const session = sessionBus({ 'org.mate.ScreenSaver': true });
    const { answer } = session;
    session.answer = (call) => {
      const said = answer(call);
      return call.member === 'Lock' ? new Promise(() => {}) : said;
    };
    assert.deepEqual(await lock(session, logind(false)), { locked: true, by: 'org.mate.ScreenSaver' });
  });

  it('is not believed of a screen saver that refuses, whatever it shows', async () => {
    const session = sessionBus({ 'org.mate.ScreenSaver': true });
    const { answer } = session;
    session.answer = (call) => {
      if (call.member === 'Lock') throw new AgentError('failed', 'locking is switched off');
      return call.member === 'GetActive' ? [true] : answer(call);
    };
    const { locked, why } = await lock(session, logind(false));
    assert.equal(locked, false);
    assert.match(why ?? '', /locking is switched off/);
  });

  it('starts no screen saver that does not run', async () => {
    const bus = sessionBus();
    await lock(bus, logind(true));
    assert.deepEqual([...new Set(bus.calls.map(({ member }) => member))], ['NameHasOwner']);
  });

  it('is not believed when the screen saver does not become active; logind is asked then', async () => {
    const result = await lock(sessionBus({ 'org.gnome.ScreenSaver': false }), logind(true));
    assert.deepEqual(result, { locked: true, by: 'org.freedesktop.login1.Session' });
  });

  it('names everything that was tried when nothing locks', async () => {
    const system = new FakeBus();
    const { locked, why } = await lock(sessionBus({ 'org.xfce.ScreenSaver': false }), system);
    assert.equal(locked, false);
    assert.match(why ?? '', /org\.xfce\.ScreenSaver was asked .*; logind: nobody answers/);
  });

  it('works without a session bus', async () => {
    const { locked } = await lock(new FakeBus(), logind(true));
    assert.equal(locked, true);
  });
});

describe('what locks without telling logind', () => {
  const MATE = 'org.mate.ScreenSaver';

  it('has it told by us, and told again when it unlocks', async () => {
    const session = sessionBus({ [MATE]: true });
    const system = logind(false);
    await lock(session, system);
    await until(() => system.hint);
    assert.ok(session.subscriptions > 0);
    session.unlock(MATE, '/org/mate/ScreenSaver');
    await until(() => !system.hint);
    assert.equal(session.subscriptions, 0);
  });

  it('is left alone where it tells logind itself', async () => {
    const system = logind(false);
    system.hint = true;
    await lock(sessionBus({ [MATE]: true }), system);
    await until(() => system.calls.length > 0);
    assert.deepEqual([...new Set(system.calls.map(({ member }) => member))], ['Get']);
  });

  it('and was unlocked before anybody listened, is no lock that lasts', async () => {
    const session = sessionBus({ [MATE]: true });
    const system = logind(false);
    await lock(session, system);
    session.unlock(MATE, '/org/mate/ScreenSaver');
    await until(() => system.calls.filter(({ member }) => member === 'SetLockedHint').length === 2);
    assert.equal(system.hint, false);
  });
});

describe('light-locker, which says only whether the screen is dark', () => {
  const NAME = 'org.gnome.ScreenSaver';

  /** Its Lock takes the keyboard if nobody has it, and its unlocking comes with logind's signal. */
  function lightLocker(options: { readonly menu?: boolean; readonly keeps?: number } = {}) {
    const session = sessionBus({ [NAME]: true });
    const system = logind(false);
    const { answer } = session;
    const state = { session, system, holds: options.menu === true, looks: 0 };
    session.answer = (call) => {
      if (call.member === 'GetActive') return [false];
      if (call.member === 'Lock' && !options.menu) state.holds = true;
      return answer(call);
    };
    const keyboard: KeyboardPort = {
      isHeld: async () => state.holds && (!session.calls.some(isLock) || ++state.looks <= (options.keeps ?? Infinity)),
    };
    const wait: Wait = (ms) => (ms > LONG_MS ? new Promise(() => {}) : turn());
    return Object.assign(state, { lock: () => lock(session, system, new FakePrograms(), undefined, keyboard, wait) });
  }
  /** Looks that nothing has caused come later than a test ends. */
  const LONG_MS = 1_000;
  const isLock = ({ member }: { readonly member: string }) => member === 'Lock';

  it('has locked when it keeps the keyboard, and logind is told at once', async () => {
    const run = lightLocker();
    assert.deepEqual(await run.lock(), { locked: true, by: NAME });
    await until(() => run.system.hint);
    assert.deepEqual([...new Set(run.system.calls.map(({ member }) => member))], ['SetLockedHint']);
  });

  it("is unlocked when the keyboard is free again, which logind's signal makes us look at", async () => {
    const run = lightLocker();
    await run.lock();
    await until(() => run.system.subscriptions > 0);
    const unlock = () =>
      run.system.emit('org.freedesktop.login1', '/session/_34', 'org.freedesktop.login1.Session', 'Unlock');
    unlock(); // somebody else's session
    const { looks } = run;
    await until(() => run.looks > looks);
    assert.equal(run.system.hint, true);
    run.holds = false;
    unlock();
    await until(() => !run.system.hint);
    assert.deepEqual([run.session.subscriptions, run.system.subscriptions], [0, 0]);
  });

  it('has not locked when a menu had the keyboard before, or something takes it for a moment', async () => {
    for (const run of [lightLocker({ menu: true }), lightLocker({ keeps: 3 })]) {
      const { locked, why } = await run.lock();
      assert.equal(locked, false);
      assert.match(why ?? '', /org\.gnome\.ScreenSaver was asked and the screen is not locked/);
      assert.equal(run.system.hint, false);
    }
  });
});

describe('xscreensaver', () => {
  it('locks when it runs, and is asked whether it has', async () => {
    let state = 'non-blanked';
    const programs = new FakePrograms(([file, option]) => {
      if (file !== COMMAND) return undefined;
      if (option === '-watch') return {};
      if (option === '-lock') state = 'locked';
      return { ends: 0, lines: [`XScreenSaver 6.06: screen ${state} since Sun Nov 22 10:00:00 2026`] };
    });
    const system = logind(false);
    assert.deepEqual(await lock(sessionBus(), system, programs), { locked: true, by: 'xscreensaver' });
    await until(() => system.hint);
    await until(() => programs.say('-watch', 'UNBLANK Sun Nov 22 10:05:00 2026'));
    await until(() => !system.hint);
  });

  it('that does not run on this display is passed by', async () => {
    const programs = new FakePrograms(() => ({ ends: 1, lines: ['no screensaver is running'] }));
    const { by } = await lock(sessionBus(), logind(true), programs);
    assert.equal(by, 'org.freedesktop.login1.Session');
  });
});

describe('a configured locker', () => {
  const LOCKER: Argv = ['/usr/bin/i3lock', '--nofork'];
  const stays = () => new FakePrograms(([file]) => (file === LOCKER[0] ? {} : undefined));

  it('has locked when it stays and has the keyboard; the session is locked until it ends', async () => {
    const programs = stays();
    const system = logind(false);
    const result = await lock(sessionBus(), system, programs, LOCKER, { isHeld: async () => true });
    assert.deepEqual(result, { locked: true, by: LOCKER[0] });
    assert.deepEqual(programs.started.at(-1), LOCKER);
    await until(() => system.hint);
    programs.endAll();
    await until(() => !system.hint);
  });

  it('is not started where a screen saver runs', async () => {
    const programs = stays();
    await lock(sessionBus({ 'org.mate.ScreenSaver': true }), logind(true), programs, LOCKER);
    assert.deepEqual(programs.started, []);
  });

  it('that ends at once, or leaves the keyboard to others, has locked nothing', async () => {
    const fails = new FakePrograms(([file]) => (file === LOCKER[0] ? { ends: 1 } : undefined));
    const first = await lock(sessionBus(), logind(false), fails, LOCKER);
    assert.match(first.why ?? '', /\/usr\/bin\/i3lock ended at once with status 1/);
    const second = await lock(sessionBus(), logind(false), stays(), LOCKER, { isHeld: async () => false });
    assert.match(second.why ?? '', /\/usr\/bin\/i3lock runs and has not taken the keyboard/);
    assert.deepEqual([first.locked, second.locked], [false, false]);
  });
});
