import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULTS } from '#system-agent/config/config.ts';
import { settingOf } from '#system-agent/config/settings.ts';

function read(group: string, key: string, text: string): unknown {
  const row = settingOf(group, key);
  assert.ok(row !== undefined);
  return row.apply({}, text)[row.name];
}

describe('settings of sessions', () => {
  it('a locker is an absolute program with its arguments, and may be none', () => {
    assert.deepEqual(read('session', 'locker', '/usr/bin/i3lock  --nofork'), ['/usr/bin/i3lock', '--nofork']);
    assert.deepEqual(read('session', 'locker', ''), []);
    for (const wrong of ['i3lock', `/${'x'.repeat(300)}`, '/a b\u0007', `/a ${'b '.repeat(16)}`]) {
      assert.throws(() => read('session', 'locker', wrong), { code: 'invalid-argument' });
    }
  });

  it('a grace is up to ten minutes', () => {
    assert.deepEqual(
      ['0', '600'].map((text) => read('session', 'logoff-grace', text)),
      [0, 600],
    );
    for (const wrong of ['601', '-1', 'soon', '']) {
      assert.throws(() => read('session', 'logoff-grace', wrong), { code: 'invalid-argument' });
    }
  });

  it('nothing happens by default when a client leaves, and nobody is told what hosts do', () => {
    assert.deepEqual([DEFAULTS.onDisconnect, DEFAULTS.notices], ['none', false]);
    assert.equal(read('spice', 'on-disconnect', 'logoff'), 'logoff');
    assert.throws(() => read('spice', 'on-disconnect', 'unlock'), { message: /none, lock, logoff/ });
  });
});
