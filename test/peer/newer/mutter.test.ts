import { before, describe } from 'node:test';
import { here, type Release } from '#test/support/desktop/release.ts';
import { needsTree, releaseOf } from '#test/support/desktop/tree.ts';
import { mutterMonitorCases } from '../desktop/cases/mutter-monitors.ts';

for (const suite of ['trixie', 'sid'] as const) {
  describe(`Mutter of ${suite}`, { skip: needsTree }, () => {
    let release: Release = here;
    before(async () => {
      release = await releaseOf(suite);
    });

    describe('its monitors', () => mutterMonitorCases(() => release));
  });
}
