import { before, describe, it } from 'node:test';
import type { Release } from '#test/support/desktop/release.ts';
import { startSway } from '#test/support/desktop/sway.ts';
import { needsTree, releaseOf } from '#test/support/desktop/tree.ts';
import { clipboardCases } from '../desktop/cases/clipboard.ts';
import { interleaved } from '../desktop/cases/interleaved.ts';

/** What sway offers of the clipboard in which release of Debian. */
const SWAYS = [
  { suite: 'trixie', way: 'wlr-data-control' },
  { suite: 'sid', way: 'ext-data-control' },
] as const;

for (const { suite, way } of SWAYS) {
  describe(`sway of ${suite}`, { skip: needsTree }, () => {
    let release: Release;
    before(async () => {
      release = await releaseOf(suite);
    });
    const start = (config?: readonly string[]) => startSway(config, release);

    describe('its clipboard with real applications', () => {
      clipboardCases(start, way);
    });

    it('host and applications agree who owns what, however they race', async (context) => {
      await using sway = await start();
      await interleaved(context, sway, 300);
    });
  });
}
