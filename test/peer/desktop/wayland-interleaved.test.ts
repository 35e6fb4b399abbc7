import { it } from 'node:test';
import { needsSway, startSway } from '#test/support/desktop/sway.ts';
import { interleaved } from './cases/interleaved.ts';

it('host and applications agree who owns what, however they race', { skip: needsSway }, async (context) => {
  await using sway = await startSway();
  await interleaved(context, sway, 1000);
});
