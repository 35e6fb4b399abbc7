import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { wholeOf } from '#shared/bytes/flow.ts';
import { give } from '#test/support/desktop/watched.ts';
import { type Compositor, heard, WlCopying, watchedWayland, wlPaste } from '#test/support/desktop/wayland.ts';

const LARGE = 8 * 1024 * 1024;
const never = new AbortController().signal;

/**
 * KWin's clipboard and primary selection go both ways. Of an empty selection KWin 5.27 says nothing, for which wl-clipboard waits: it
 * comes when there is something.
 * @param way by which it is had
 */
export async function goBothWays({ env }: Compositor, way: string): Promise<void> {
  await using session = await watchedWayland(env);
  assert.equal(session.desktop.by.clipboard, way);
  assert.deepEqual(session.clipboard.selections, ['clipboard', 'primary']);
  for (const selection of session.clipboard.selections) {
    const prefix = selection === 'primary' ? 'primary ' : '';
    const picture = randomBytes(LARGE);
    session.events.length = 0;
    await session.clipboard.offer(selection, ['text'], give('one'));
    await session.clipboard.offer(selection, ['png'], give(picture));
    assert.ok((await wlPaste(env, 'image/png', selection)).equals(picture));
    assert.deepEqual(session.events, []);
    {
      await using _copy = new WlCopying(env, picture, 'image/png', selection);
      await heard(session.events, `${prefix}copied png`);
      const got = await session.clipboard.read(selection, 'png', LARGE, never);
      assert.ok(got && (await wholeOf(got)).equals(picture));
      await session.clipboard.withdraw(selection);
      assert.ok((await wlPaste(env, 'image/png', selection)).equals(picture));
    }
    await heard(session.events, `${prefix}cleared`);
    await session.clipboard.offer(selection, ['text'], give('two'));
    await session.clipboard.withdraw(selection);
    await heard(session.events, `${prefix}cleared`);
  }
}
