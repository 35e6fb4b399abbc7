import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lockScreen } from '#session-agent/screen-lock/screen-savers.ts';
import { AgentError } from '#shared/errors.ts';
import { FakeBus } from '#test/fakes/bus.ts';

/** A session bus where these services run; `locks` says what their Lock leads to. */
function sessionBus(locks: Readonly<Record<string, boolean>>): FakeBus {
  const bus = new FakeBus();
  const locked = new Set<string>();
  bus.answer = ({ destination, member, body }) => {
    if (member === 'NameHasOwner') return [Object.hasOwn(locks, String(body?.[0]))];
    const works = locks[destination];
    if (works === undefined) throw new AgentError('not-found', `${destination} does not run`);
    if (member === 'GetActive') return [locked.has(destination)];
    if (works) locked.add(destination);
    return [];
  };
  return bus;
}

function logind(locks: boolean): FakeBus {
  const bus = new FakeBus();
  let hint = false;
  bus.answer = ({ member }) => {
    if (member === 'Get') return [hint];
    hint = locks;
    return [];
  };
  return bus;
}

describe('locking the screen', () => {
  it("is done by the desktop's own screen saver, which says so afterwards", async () => {
    const result = await lockScreen(sessionBus({ 'org.mate.ScreenSaver': true }), logind(false));
    assert.deepEqual(result, { locked: true, by: 'org.mate.ScreenSaver' });
  });

  it('starts no screen saver that does not run', async () => {
    const bus = sessionBus({});
    await lockScreen(bus, logind(true));
    assert.deepEqual([...new Set(bus.calls.map(({ member }) => member))], ['NameHasOwner']);
  });

  it('is not believed when the screen saver does not become active; logind is asked then', async () => {
    const result = await lockScreen(sessionBus({ 'org.gnome.ScreenSaver': false }), logind(true));
    assert.deepEqual(result, { locked: true, by: 'org.freedesktop.login1.Session' });
  });

  it('names everything that was tried when nothing locks', async () => {
    const system = new FakeBus();
    const { locked, why } = await lockScreen(sessionBus({ 'org.xfce.ScreenSaver': false }), system);
    assert.equal(locked, false);
    assert.match(why ?? '', /org\.xfce\.ScreenSaver was asked .*; logind: nobody answers/);
  });

  it('works without a session bus', async () => {
    const { locked } = await lockScreen(new FakeBus(), logind(true));
    assert.equal(locked, true);
  });
});
