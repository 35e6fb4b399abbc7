import assert from 'node:assert/strict';
import { it } from 'node:test';
import { complaints, soakConfined } from '#test/soak/soak.ts';

it('20,000 mixed calls leave nothing behind (10^6: npm run soak)', { timeout: 120_000 }, async () => {
  const figures = await soakConfined(20_000);
  assert.deepEqual(complaints(figures), [], JSON.stringify(figures));
});
