import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keysIn, withKeys, withoutKeys } from '#system-agent/authorized-keys/lines.ts';

describe('lines of authorized_keys', () => {
  it('keys are what is neither blank nor a comment, trimmed', () => {
    assert.deepEqual(keysIn(' k1 \n\n# c\n  # c\n\tk2\r\nk3'), ['k1', 'k2', 'k3']);
    assert.deepEqual(keysIn(''), []);
  });

  it('new keys are appended once, without a newline at the end', () => {
    assert.equal(withKeys(undefined, ['k1', 'k2', 'k1']), 'k1\nk2');
    assert.equal(withKeys('k1\nk2', ['k2', 'k3']), 'k1\nk2\nk3');
    assert.equal(withKeys('k1', []), 'k1');
    assert.equal(withKeys(undefined, []), '');
  });

  it('after a newline at the end stays an empty line, as qemu-ga leaves it', () => {
    assert.equal(withKeys('k1\n', ['k2']), 'k1\n\nk2');
  });

  it('a line is a key only as it stands', () => {
    assert.equal(withKeys(' k1', ['k1']), ' k1\nk1');
    assert.equal(withoutKeys(' k1\nk1\n# k1\nk2\nk1\n', ['k1']), ' k1\n# k1\nk2\n');
  });
});
