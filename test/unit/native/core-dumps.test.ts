import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Secret } from '#shared/bytes/secret.ts';
import { keepSecretsOutOfCores } from '#shared/native/core-dumps.ts';

const skip = process.geteuid?.() === 0 ? false : 'not root';

describe('cores', { skip }, () => {
  it('are not written while a secret is held', async () => {
    const { libc } = await import('#shared/native/libc.ts');
    const prctl: (option: number) => number = libc.func('int prctl(int option)');
    const isDumpable = () => prctl(3) === 1; // PR_GET_DUMPABLE
    keepSecretsOutOfCores();
    assert.equal(isDumpable(), true);
    const secret = new Secret(Buffer.from('x'));
    assert.equal(isDumpable(), false);
    assert.ok(statSync('/proc/self/fd').isDirectory(), 'root still sees itself');
    secret.wipe();
    assert.equal(isDumpable(), true);
    Secret.watch(() => {});
  });
});
