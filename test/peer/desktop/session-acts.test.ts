import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { x11 } from '#session-agent/desktop/x11/backend.ts';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { askToLogOff } from '#session-agent/log-off/session-managers.ts';
import { showNotice } from '#session-agent/notices/service.ts';
import { silent } from '#shared/log/log.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { Mock, needsMock } from '#test/support/dbus/mock.ts';
import { startXvfb } from '#test/support/desktop/x-server.ts';
import { without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const never = new AbortController().signal;

describe('a session manager on a real bus', { skip: needsMock }, () => {
  it('is asked to log off without a dialog, in the types that it takes', async () => {
    for (const [place, member, signature, args] of [
      [['org.gnome.SessionManager', '/org/gnome/SessionManager', 'org.gnome.SessionManager'], 'Logout', 'u', [1]],
      [
        ['org.xfce.SessionManager', '/org/xfce/SessionManager', 'org.xfce.Session.Manager'],
        'Logout',
        'bb',
        [false, true],
      ],
      [['org.kde.ksmserver', '/KSMServer', 'org.kde.KSMServerInterface'], 'logout', 'iii', [0, 0, 0]],
    ] as const) {
      await using bus = await new PrivateBus().start();
      await using manager = await Mock.start(bus, place);
      await manager.takes(member, signature);
      assert.deepEqual(await askToLogOff(manager.bus), { asked: true, by: place[0] });
      assert.deepEqual(await manager.callsOf(member), [args]);
    }
  });
});

describe('a notification daemon on a real bus', { skip: needsMock }, () => {
  it('is given one sentence', async () => {
    await using bus = await new PrivateBus().start();
    const name = 'org.freedesktop.Notifications';
    await using daemon = await Mock.start(
      bus,
      [name, '/org/freedesktop/Notifications', name],
      ['-t', 'notification_daemon'],
    );
    await showNotice(daemon.bus, { title: 'Activity of the host', text: 'The host ran a command.' });
    const [[program, replaces, icon, title, text, actions, hints, timeout] = [], ...more] =
      await daemon.callsOf('Notify');
    assert.deepEqual(more, []);
    assert.deepEqual([program, replaces, icon, actions, timeout], ['uga', 0, 'dialog-information', [], -1]);
    assert.deepEqual([title, text], ['Activity of the host', 'The host ran a command.']);
    assert.ok(hints instanceof Map);
    assert.equal(hints.get('urgency'), 1);
  });
});

/** XA_WINDOW, the mask of whoever manages windows, and the event by which it is asked. */
const WINDOW = 33;
const SUBSTRUCTURE_REDIRECT = 0x0010_0000;
const CLIENT_MESSAGE = 33;
const ATOM = 4;
const TYPES = ['_NET_WM_WINDOW_TYPE', '_NET_WM_WINDOW_TYPE_NORMAL', '_NET_WM_WINDOW_TYPE_DOCK'] as const;

describe('an X server', { skip: without('Xvfb') }, () => {
  /** The desktop, and another client of the same server. */
  async function opened() {
    const server = await startXvfb('640x480');
    const desktop = await x11.open({ env: server.env, log: silent }, never);
    const other = await XConnection.open(parseDisplayName(server.env.DISPLAY ?? ''), server.env, silent, never);
    return {
      desktop,
      other,
      async [Symbol.asyncDispose]() {
        await other[Symbol.asyncDispose]();
        await desktop[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }

  it('tells whether another client has the keyboard, and keeps it for nobody', async () => {
    await using run = await opened();
    const { desktop, other } = run;
    const grab = () => other.ask<number>('grab', (x, done) => x.GrabKeyboard(other.root, 1, 0, 1, 1, done));
    assert.equal(await desktop.keyboard?.isHeld(), false);
    assert.equal(await grab(), 0);
    assert.equal(await desktop.keyboard?.isHeld(), true);
    other.client.UngrabKeyboard(0);
    await other.atoms(['WM_STATE']); // a round trip: the server has heard it
    assert.equal(await desktop.keyboard?.isHeld(), false);
  });

  it('hands the wish to close each window but the panel to its window manager, where there is one', async () => {
    await using run = await opened();
    const { desktop, other } = run;
    await assert.rejects(desktop.windows?.closeAll() ?? Promise.resolve(), { code: 'unsupported' });
    const atoms = await other.atoms(['_NET_CLIENT_LIST', '_NET_CLOSE_WINDOW']);
    const asked: unknown[] = [];
    other.listen((event) => {
      if ('type' in event && event.type === CLIENT_MESSAGE) asked.push(event);
    });
    other.client.ChangeWindowAttributes(other.root, { eventMask: SUBSTRUCTURE_REDIRECT });
    using first = other.createWindow(0);
    using second = other.createWindow(0);
    using panel = other.createWindow(0);
    const list = [first.id, second.id];
    other.client.ChangeProperty(0, other.root, atoms._NET_CLIENT_LIST, WINDOW, 32, [panel.id, ...list]);
    const { _NET_WM_WINDOW_TYPE, ...types } = await other.atoms(TYPES);
    for (const [{ id }, type] of [
      [first, types._NET_WM_WINDOW_TYPE_NORMAL],
      [panel, types._NET_WM_WINDOW_TYPE_DOCK],
    ] as const) {
      other.client.ChangeProperty(0, id, _NET_WM_WINDOW_TYPE, ATOM, 32, [type]);
    }
    await other.atoms(['WM_STATE']);
    assert.equal(await desktop.windows?.closeAll(), 2);
    await until(() => asked.length === 2, 'both wishes');
    assert.deepEqual(
      asked.map((event) => {
        const { wid, message_type, data } = event as Record<string, unknown>;
        return { wid, message_type, data };
      }),
      list.map((wid) => ({ wid, message_type: atoms._NET_CLOSE_WINDOW, data: [0, 2, 0, 0, 0] })),
    );
  });
});
