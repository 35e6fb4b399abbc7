import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeBase64 } from '#protocol/qga/base64.ts';

describe('base64 as qemu-ga reads it', () => {
  for (const [text, bytes] of [
    ['', ''],
    ['YWJj', 'abc'],
    ['YWI=', 'ab'],
    ['YQ==', 'a'],
    ['YWJj\nZGVm\n', 'abcdef'],
    ['QUJ', ''],
    ['YWJjQUJ', 'abc'],
    ['YQ==YWI=YWJj', 'aababc'],
    ['=', ''],
    ['A===', '\0'],
  ] as const) {
    it(JSON.stringify(text), () => assert.equal(decodeBase64(text).toString('latin1'), bytes));
  }

  for (const text of ['@@@@', 'YW-_', 'YW Jj', 'YWJj\r\n', 'é']) {
    it(`${JSON.stringify(text)} is refused`, () => {
      assert.throws(() => decodeBase64(text), { message: 'Base64 data contains invalid characters' });
    });
  }
});
