import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeCapabilities, encodeCapabilities } from '#protocol/vdagent/capabilities.ts';

describe('vdagent capabilities', () => {
  it('are the bits of a word, as spice-vdagentd 0.22.1 and spice-gtk announce them', () => {
    assert.equal(decodeCapabilities(Buffer.from('e78d0300', 'hex')).size, 12);
    for (const hex of ['e78d0300', '77500300', '00000000', 'ffff0300']) {
      assert.equal(encodeCapabilities(decodeCapabilities(Buffer.from(hex, 'hex'))).toString('hex'), hex);
    }
  });

  it('have no bits beyond the words that are there, and no names beyond those known', () => {
    for (const hex of ['', 'ff', 'ffffff']) assert.equal(decodeCapabilities(Buffer.from(hex, 'hex')).size, 0);
    assert.equal(decodeCapabilities(Buffer.from('ffffffffffffffff', 'hex')).size, 18);
    assert.deepEqual(decodeCapabilities(Buffer.from('0000040001000000', 'hex')), new Set());
  });
});
