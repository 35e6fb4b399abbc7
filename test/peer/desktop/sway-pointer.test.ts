import { it } from 'node:test';
import { needsSway, startSway } from '#test/support/desktop/sway.ts';
import { needsToolkit } from '#test/support/desktop/toolkit.ts';
import { pointsToThePixel, SCALED } from './cases/sway-pointer.ts';

const skip = needsSway || needsToolkit('gtk');

it('the pointer is on the pixel that the host means, on scaled displays of sway', { skip }, async () => {
  await using sway = await startSway(SCALED);
  await pointsToThePixel(sway);
});
