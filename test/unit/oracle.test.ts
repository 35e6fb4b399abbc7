import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { safeEnvironment } from '#test/support/agents.ts';
import { assertConfined, assertHarmless } from '#test/support/oracle.ts';

describe('the harness', () => {
  for (const request of [
    '{"execute":"guest-shutdown"}',
    "{'execute':'guest-fsfreeze-freeze'}",
    '{"execute":"guest-\\u0073hutdown"}',
    '{"execute":"guest-exec","arguments":{"path":"x"}}',
    '{"execute":"guest-file-read","arguments":{"handle":1}}',
    '{"execute":"guest-suspend-ram"}',
    '{"execute":"guest-set-user-password"}',
  ]) {
    it(`never sends ${request} to the real qemu-ga here`, () => assert.throws(() => assertHarmless(request)));
  }

  it('sends what only reads', () => {
    assert.doesNotThrow(() => assertHarmless('{"execute":"guest-info"}{"exec-oob":"guest-ping"}'));
  });

  const open = (path: string) => `{"execute":"guest-file-open","arguments":{"path":"${path}","mode":"w"}}`;
  const exec = (path: string, env = '') => `{"execute":"guest-exec","arguments":{"path":"${path}"${env}}}`;
  for (const request of [
    open('/etc/passwd'),
    open('/own/../etc/passwd'),
    open('/ownother/file'),
    open('file'),
    '{"execute":"guest-file-open"}',
    `${open('/own/file')}${open('/etc/passwd')}`,
    exec('/bin/true'),
    exec('/own/bin/../../bin/true'),
    exec('true'),
    exec('true', ',"env":["PATH=/own/bin:/bin"]'),
    exec('true', ',"env":["PATH=/own/bin","PATH=/bin"]'),
    exec('true', ',"env":[]'),
    '{"execute":"guest-shutdown"}',
    '{"execute":"guest-set-time"}',
    '"guest-exec"',
    '{"execute":"guest-exec"',
    '\u00ff',
  ]) {
    it(`sends nothing that reaches beyond the test's own folder: ${request}`, () => {
      assert.throws(() => assertConfined('/own', request));
    });
  }

  it("sends what stays in the test's own folder", () => {
    for (const request of [
      open('/own/file'),
      exec('/own/bin/true'),
      exec('true', ',"env":["PATH=/own/bin:/own/other"]'),
      '{"execute":"guest-file-read","arguments":{"handle":1}}{"execute":"guest-exec-status","arguments":{"pid":1}}',
    ]) {
      assert.doesNotThrow(() => assertConfined('/own', request));
    }
  });

  it('starts our agent with refusing ports', () => assert.equal(safeEnvironment().UGA_EFFECTS, 'refuse'));
});
