import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { safeEnvironment } from '#test/support/agents.ts';
import { assertHarmless } from '#test/support/oracle.ts';

describe('the harness', () => {
  for (const request of [
    '{"execute":"guest-shutdown"}',
    "{'execute':'guest-fsfreeze-freeze'}",
    '{"execute":"guest-\\u0073hutdown"}',
    '{"execute":"guest-exec","arguments":{"path":"x"}}',
    '{"execute":"guest-suspend-ram"}',
    '{"execute":"guest-set-user-password"}',
  ]) {
    it(`never sends ${request} to the real qemu-ga here`, () => assert.throws(() => assertHarmless(request)));
  }

  it('sends what only reads', () => {
    assert.doesNotThrow(() => assertHarmless('{"execute":"guest-info"}{"exec-oob":"guest-ping"}'));
  });

  it('starts our agent with refusing ports', () => assert.equal(safeEnvironment().UGA_EFFECTS, 'refuse'));
});
