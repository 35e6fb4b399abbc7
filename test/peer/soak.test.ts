import assert from 'node:assert/strict';
import { it } from 'node:test';
import { complaints, soak } from '#test/soak/soak.ts';
import { startSystemAgent } from '#test/support/agents.ts';

it('20,000 mixed calls leave nothing behind (10^6: npm run soak)', { timeout: 120_000 }, async () => {
  await using agent = await startSystemAgent();
  const figures = await soak(agent, 20_000);
  assert.deepEqual(complaints(figures), [], JSON.stringify(figures));
});
