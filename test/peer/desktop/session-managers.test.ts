import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { askToLogOff } from '#session-agent/log-off/session-managers.ts';
import { LXQT, MANAGERS, ManagedSession, needsManager } from '#test/support/desktop/session-manager.ts';
import { until } from '#test/support/programs.ts';

for (const manager of MANAGERS) {
  const [file] = manager.program;
  const by = manager.asks ?? manager.name;
  describe(`${path.basename(file)}, asked to log off`, { skip: needsManager(manager) }, () => {
    it('asks an application with unsaved text, and ends the session', async () => {
      await using session = await ManagedSession.start(manager);
      const editor = await session.open();
      assert.deepEqual(await askToLogOff(session.bus), { asked: true, by });
      await until(() => !editor.running, 'the end of the application');
      assert.deepEqual(editor.stdout.split('\n').slice(0, 2), ['ready', 'asked']);
      await until(() => session.isOver, 'the end of the session');
    });

    if (!manager.waits) return;

    it('waits for an application that objects', async () => {
      await using session = await ManagedSession.start(manager);
      const editor = await session.open('objects');
      assert.deepEqual(await askToLogOff(session.bus), { asked: true, by });
      await until(() => editor.stdout.includes('asked'), 'the question');
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.deepEqual([session.isOver, editor.running], [false, true]);
    });
  });
}

describe('lxqt-session, which asks no application', { skip: needsManager(LXQT) }, () => {
  it('is asked to log off when no window is open any more, and ends the session', async () => {
    await using session = await ManagedSession.start(LXQT);
    const editor = await session.open();
    const { bus } = session;
    assert.deepEqual(await askToLogOff(bus, { closeAll: async () => 1 }), { asked: true, by: 'the one window' });
    assert.deepEqual([session.isOver, editor.running], [false, true]);
    assert.deepEqual(await askToLogOff(bus, { closeAll: async () => 0 }), { asked: true, by: LXQT.name });
    await until(() => session.isOver, 'the end of the session');
    assert.deepEqual(editor.stdout.split('\n').filter(Boolean), ['ready']);
  });
});
