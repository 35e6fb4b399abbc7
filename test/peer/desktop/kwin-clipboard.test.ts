import { it } from 'node:test';
import { needsKWin, startKWin } from '#test/support/desktop/kwin.ts';
import { without } from '#test/support/programs.ts';
import { goBothWays } from './cases/kwin-clipboard.ts';

it("KWin's clipboard and primary selection go both ways", { skip: needsKWin || without('wl-copy') }, async () => {
  await using kwin = await startKWin(1);
  await goBothWays(kwin, 'wlr-data-control');
});
