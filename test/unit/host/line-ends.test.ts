import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fromGuest, toGuest } from '#host/vdagent/line-ends.ts';

const windows = new Set(['guest-lineend-crlf'] as const);
const linux = new Set(['guest-lineend-lf'] as const);

it('text has the line ends of the guest there and LF here, and nothing else is touched', () => {
  const text = Buffer.from('ä\nb\r\nc\r');
  assert.equal(toGuest('text', text, windows).toString(), 'ä\r\nb\r\nc\r');
  assert.equal(fromGuest('text', Buffer.from('ä\r\nb\nc\r'), windows).toString(), 'ä\nb\nc\r');
  for (const untouched of [
    toGuest('text', text, linux),
    toGuest('png', text, windows),
    fromGuest('text', text, linux),
  ]) {
    assert.equal(untouched, text);
  }
});
