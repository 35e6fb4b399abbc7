import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyOff } from '#system-agent/sso/enabled.ts';

describe('whether hosts may log users in', () => {
  it('is yes by itself only for desktops, and while there is a port of oVirt', () => {
    for (const profile of ['full', 'desktop']) {
      for (const state of ['waiting', 'connected', 'busy'] as const) {
        assert.equal(whyOff('auto', profile, state), undefined);
      }
      for (const state of ['missing', 'closed', undefined] as const) {
        assert.match(whyOff('auto', profile, state) ?? '', /no oVirt port/);
      }
    }
    for (const profile of ['backup-only', 'observe', 'minimal', 'confidential', 'of tomorrow']) {
      assert.match(whyOff('auto', profile, 'connected') ?? '', /profile/);
    }
  });

  it('is what the administrator says', () => {
    assert.equal(whyOff('on', 'minimal', undefined), undefined);
    assert.notEqual(whyOff('off', 'full', 'connected'), undefined);
  });
});
