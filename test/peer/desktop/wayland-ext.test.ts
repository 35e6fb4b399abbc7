import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { wlSeat } from '#protocol/wayland/core.ts';
import { extDataControl, zwlrDataControl } from '#protocol/wayland/data-control.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import { give } from '#test/support/desktop/watched.ts';
import { heard, WlCopying, watchedWayland, wlPaste } from '#test/support/desktop/wayland.ts';
import { without } from '#test/support/programs.ts';
import { TestCompositor } from '#test/support/wayland/compositor.ts';

const LARGE = 4 * 1024 * 1024;
const never = new AbortController().signal;

/** wl-clipboard of Debian 12 speaks the older protocol only, and the compositor carries what it says over to the newer. */
describe('ext-data-control, in a compositor of the test', { skip: without('wl-copy') }, () => {
  it('is taken where there is the older one too, and carries both ways, byte for byte', async () => {
    using compositor = new TestCompositor([wlSeat, zwlrDataControl.manager, extDataControl.manager]);
    const { env } = compositor;
    await using session = await watchedWayland(env);
    assert.equal(session.desktop.by.clipboard, 'ext-data-control');
    assert.deepEqual(session.clipboard.selections, ['clipboard', 'primary']);
    for (const selection of session.clipboard.selections) {
      const told = selection === 'primary' ? 'primary copied png' : 'copied png';
      const picture = randomBytes(1_000_003);
      await using _copy = new WlCopying(env, picture, 'image/png', selection);
      await heard(session.events, told);
      const got = await session.clipboard.read(selection, 'png', LARGE, never);
      assert.ok(got && (await wholeOf(got)).equals(picture));
      await session.clipboard.offer(selection, ['png'], give(picture));
      assert.ok((await wlPaste(env, 'image/png', selection)).equals(picture));
      await session.clipboard.withdraw(selection);
      await assert.rejects(wlPaste(env, 'image/png', selection));
    }
  });

  it('does without a primary selection in the first version of the older one', async () => {
    const { manager } = zwlrDataControl;
    using compositor = new TestCompositor([wlSeat, manager], new Map([[manager, 1]]));
    await using session = await watchedWayland(compositor.env);
    assert.equal(session.desktop.by.clipboard, 'wlr-data-control');
    assert.deepEqual(session.clipboard.selections, ['clipboard']);
    await session.clipboard.offer('primary', ['text'], give('nowhere'));
    await session.clipboard.offer('clipboard', ['text'], give('here'));
    assert.equal((await wlPaste(compositor.env)).toString(), 'here');
  });
});
