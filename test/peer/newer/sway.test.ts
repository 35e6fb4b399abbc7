import { before, describe, it } from 'node:test';
import { here, type Release } from '#test/support/desktop/release.ts';
import { startSway } from '#test/support/desktop/sway.ts';
import { needsToolkit } from '#test/support/desktop/toolkit.ts';
import { needsTree, releaseOf } from '#test/support/desktop/tree.ts';
import { without } from '#test/support/programs.ts';
import { clipboardCases } from '../desktop/cases/clipboard.ts';
import { interleaved } from '../desktop/cases/interleaved.ts';
import { swayMonitorCases } from '../desktop/cases/sway-monitors.ts';
import { pointsToThePixel, SCALED } from '../desktop/cases/sway-pointer.ts';
import { xwaylandCases } from '../desktop/cases/xwayland.ts';

/** By what sway offers the clipboard in which release of Debian. */
const SWAYS = [
  { suite: 'trixie', way: 'wlr-data-control' },
  { suite: 'sid', way: 'ext-data-control' },
] as const;

for (const { suite, way } of SWAYS) {
  describe(`sway of ${suite}`, { skip: needsTree }, () => {
    let release: Release = here;
    before(async () => {
      release = await releaseOf(suite);
    });
    const start = (config?: readonly string[]) => startSway(config, release);

    describe('its clipboard with real applications', () => clipboardCases(start, way));

    it('host and applications agree who owns what, however they race', async (context) => {
      await using sway = await start();
      await interleaved(context, sway, 300);
    });

    describe('its monitors', () => swayMonitorCases(() => release));

    it('the pointer is on the pixel that the host means', { skip: needsToolkit('gtk') }, async () => {
      await using sway = await start(SCALED);
      await pointsToThePixel(sway);
    });

    describe('its Xwayland', { skip: without('xclip') }, () => xwaylandCases(() => release, way));
  });
}
