import { before, describe, it } from 'node:test';
import { startKWin } from '#test/support/desktop/kwin.ts';
import { here, type Release } from '#test/support/desktop/release.ts';
import { needsTree, releaseOf } from '#test/support/desktop/tree.ts';
import { clipboardCases } from '../desktop/cases/clipboard.ts';
import { interleaved } from '../desktop/cases/interleaved.ts';
import { goBothWays } from '../desktop/cases/kwin-clipboard.ts';
import { kwinMonitorCases } from '../desktop/cases/kwin-monitors.ts';

/** By what KWin offers the clipboard in which release of Debian. */
const KWINS = [
  { suite: 'trixie', way: 'wlr-data-control' },
  { suite: 'sid', way: 'ext-data-control' },
] as const;

for (const { suite, way } of KWINS) {
  describe(`KWin of ${suite}`, { skip: needsTree }, () => {
    let release: Release = here;
    before(async () => {
      release = await releaseOf(suite);
    });

    it('the clipboard and the primary selection go both ways', async () => {
      await using kwin = await startKWin(1, release);
      await goBothWays(kwin, way);
    });

    describe('its clipboard with real applications', () => clipboardCases(() => startKWin(1, release), way));

    it('host and applications agree who owns what, however they race', async (context) => {
      await using kwin = await startKWin(1, release);
      await interleaved(context, kwin, 300);
    });

    describe('its monitors', () => kwinMonitorCases(() => release));
  });
}
