import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonReader } from '#protocol/qga/reader.ts';
import { formatJson } from '#shared/json/format.ts';
import { silent } from '#shared/log/log.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import { FakeSessionControl } from '#test/fakes/session-control.ts';
import { session } from '#test/fakes/sessions.ts';

async function ask(sessionControl: FakeSessionControl, execute: string, args: object = {}): Promise<unknown> {
  const dispatcher = new Dispatcher(commands, { sessionControl }, () => undefined, silent);
  const [event] = new JsonReader().push(Buffer.from(JSON.stringify({ execute, arguments: args })));
  assert.equal(event?.kind, 'value');
  const { reply } = await dispatcher.answer(event.value);
  return reply === undefined ? undefined : JSON.parse(formatJson(reply));
}

describe('commands of sessions', () => {
  it('list every session, without a seat where it has none', async () => {
    const control = new FakeSessionControl();
    control.sessions = [
      { ...session(), served: true, hasAgent: true },
      {
        ...session({ id: '9', type: 'tty', seat: undefined, active: false, state: 'online' }),
        served: false,
        hasAgent: false,
      },
    ];
    const common = { uid: 1000, user: 'alice', class: 'user', locked: false };
    assert.deepEqual(await ask(control, 'uga-session-list'), {
      return: [
        { id: '1', ...common, type: 'x11', seat: 'seat0', state: 'active', active: true, served: true, agent: true },
        { id: '9', ...common, type: 'tty', state: 'online', active: false, served: false, agent: false },
      ],
    });
  });

  it('lock all, or the one that is named, and tell of each', async () => {
    const control = new FakeSessionControl();
    control.locked = [
      { session: session(), locked: true, by: 'org.gnome.ScreenSaver' },
      { session: session({ id: '7', user: 'bob' }), locked: false, why: 'no screen saver' },
    ];
    assert.deepEqual(await ask(control, 'uga-session-lock'), {
      return: [
        { session: '1', user: 'alice', locked: true, by: 'org.gnome.ScreenSaver' },
        { session: '7', user: 'bob', locked: false, why: 'no screen saver' },
      ],
    });
    await ask(control, 'uga-session-lock', { session: '7' });
    assert.deepEqual(control.asked, [
      ['lock', undefined],
      ['lock', '7'],
    ]);
  });

  it('log off, and tell when the session ends at the latest', async () => {
    const control = new FakeSessionControl();
    control.ended = { session: session(), by: 'org.gnome.SessionManager', seconds: 30 };
    assert.deepEqual(await ask(control, 'uga-session-logoff', { session: '1' }), {
      return: { session: '1', user: 'alice', by: 'org.gnome.SessionManager', seconds: 30 },
    });
    control.ended = undefined;
    assert.deepEqual(await ask(control, 'uga-session-logoff'), {
      error: { class: 'GenericError', desc: 'nobody is logged in at this machine' },
    });
  });
});
