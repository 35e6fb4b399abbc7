import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askToLogOff } from '#session-agent/log-off/session-managers.ts';
import { AgentError } from '#shared/errors.ts';
import { FakeBus } from '#test/fakes/bus.ts';

/** A session bus where these names are owned, and those of `answers` answer calls. */
function sessionBus(owned: readonly string[], answers: readonly string[] = owned): FakeBus {
  const bus = new FakeBus();
  bus.answer = ({ destination, member, body }) => {
    if (member === 'NameHasOwner') return [owned.includes(String(body?.[0]))];
    if (answers.includes(destination)) return [];
    throw new AgentError('not-found', `${destination} does not run`);
  };
  return bus;
}

const wishes = (bus: FakeBus) =>
  bus.calls
    .filter(({ member }) => member !== 'NameHasOwner')
    .map(({ interface: iface, member, body = [] }) => [`${iface}.${member}`, ...body]);

describe('a log-off', () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ['org.gnome.SessionManager', ['org.gnome.SessionManager.Logout', 1]],
    ['org.xfce.SessionManager', ['org.xfce.Session.Manager.Logout', false, true]],
    ['org.lxqt.session', ['org.lxqt.session.logout']],
  ];
  for (const [service, wish] of cases) {
    it(`is asked of ${service} without a dialog, and applications may object`, async () => {
      const bus = sessionBus([service]);
      assert.deepEqual(await askToLogOff(bus), { asked: true, by: service });
      assert.deepEqual(wishes(bus), [wish]);
    });
  }

  it("is asked of KDE's service, which its bus starts, and of older releases' manager", async () => {
    const newer = sessionBus(['org.kde.ksmserver'], ['org.kde.Shutdown']);
    assert.deepEqual(await askToLogOff(newer), { asked: true, by: 'org.kde.Shutdown' });
    const older = sessionBus(['org.kde.ksmserver']);
    assert.deepEqual(await askToLogOff(older), { asked: true, by: 'org.kde.ksmserver' });
    assert.deepEqual(wishes(older).at(-1), ['org.kde.KSMServerInterface.logout', 0, 0, 0]);
  });

  it('that is not answered has been asked', async () => {
    const bus = sessionBus(['org.xfce.SessionManager']);
    const answer = bus.answer;
    bus.answer = (call) => {
      if (call.member === 'Logout') throw new AgentError('timeout', 'no answer');
      return answer(call);
    };
    assert.equal((await askToLogOff(bus)).asked, true);
  });

  it('closes the windows where no session manager runs', async () => {
    assert.deepEqual(await askToLogOff(sessionBus([]), { closeAll: async () => 3 }), { asked: true, by: '3 windows' });
  });

  it("closes the windows first where the session manager would ask no application: LXQt's", async () => {
    const bus = sessionBus(['org.lxqt.session']);
    assert.deepEqual(await askToLogOff(bus, { closeAll: async () => 1 }), { asked: true, by: 'the one window' });
    assert.deepEqual(wishes(bus), []);
    const nothingOpen = await askToLogOff(bus, { closeAll: async () => 0 });
    assert.deepEqual(nothingOpen, { asked: true, by: 'org.lxqt.session' });
    assert.deepEqual(wishes(bus), [['org.lxqt.session.logout']]);
  });

  it('that nobody can be asked for says why', async () => {
    const none = await askToLogOff(sessionBus([]), { closeAll: async () => 0 });
    assert.deepEqual(none, { asked: false, why: 'no session manager runs here, and no window is open' });
    const refusing = await askToLogOff(sessionBus(['org.gnome.SessionManager'], []));
    assert.match(refusing.why ?? '', /org\.gnome\.SessionManager: .* does not run/);
    const failing = { closeAll: () => Promise.reject(new AgentError('unsupported', 'not listed')) };
    assert.match((await askToLogOff(sessionBus([]), failing)).why ?? '', /windows: not listed/);
  });
});
