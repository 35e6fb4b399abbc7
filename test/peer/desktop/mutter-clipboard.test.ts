import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Content, wholeOf } from '#shared/bytes/flow.ts';
import { type Mutter, needsMutterX, startMutterWithX } from '#test/support/desktop/mutter.ts';
import { give } from '#test/support/desktop/watched.ts';
import { heard, type WatchedWayland, watchedWayland } from '#test/support/desktop/wayland.ts';
import { Copying, runClient } from '#test/support/desktop/x-server.ts';
import { without } from '#test/support/programs.ts';

const LIMIT = 128 * 1024 * 1024;
const ROUNDS = 10;
/** xclip gives it in parts, and Mutter whole; and what Mutter gives in parts too. */
const PICTURE = 3_000_000;
const LARGE = 40_000_000;
/** Mutter takes the place of an application that has ended. */
const KEPT_MS = 500;
/** Mutter has a copy of its own by then. */
const COPIED_MS = 2_000;
const never = new AbortController().signal;

/** GNOME's own bridge between Wayland and Xwayland, which takes a copy of every picture as soon as it is copied. */
describe("Mutter's clipboard", { skip: needsMutterX || without('xclip'), timeout: 120_000 }, () => {
  let mutter: Mutter;
  let session: WatchedWayland;

  before(async () => {
    mutter = await startMutterWithX();
    session = await watchedWayland(mutter.env);
  });

  after(async () => {
    await session?.[Symbol.asyncDispose]();
    await mutter?.[Symbol.asyncDispose]();
  });

  const picture = async () => whole(await session.clipboard.read('clipboard', 'png', LIMIT, never));

  it('is reached through Xwayland', () => {
    assert.equal(session.desktop.by.clipboard, 'Xwayland');
  });

  it('pictures are read while Mutter takes its own copy of them, every time', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const content = randomBytes(PICTURE);
      session.events.length = 0;
      const copy = new Copying(mutter.env, content, 'image/png');
      await heard(session.events, 'copied png');
      assert.ok((await picture())?.equals(content), `round ${round}`);
      await copy[Symbol.asyncDispose]();
      await sleep(KEPT_MS);
    }
  });

  it('Mutter gives what it has kept of an application that has ended', async () => {
    for (const bytes of [1, 10_000, PICTURE, LARGE]) {
      const content = randomBytes(bytes);
      session.events.length = 0;
      const copy = new Copying(mutter.env, content, 'image/png');
      await heard(session.events, 'copied png');
      await sleep(COPIED_MS);
      await copy[Symbol.asyncDispose]();
      await heard(session.events, 'copied png');
      assert.ok((await picture())?.equals(content), `${bytes} bytes`);
    }
  });

  it("the client's pictures are given to an application, and to Mutter's copy", async () => {
    for (const bytes of [10_000, PICTURE]) {
      const content = randomBytes(bytes);
      await session.clipboard.offer('clipboard', ['png'], give(content));
      const pasted = await runClient(mutter.env, ['xclip', '-selection', 'clipboard', '-o', '-t', 'image/png']);
      assert.ok(pasted.equals(content), `${bytes} bytes`);
    }
  });
});

async function whole(content: Content | undefined): Promise<Buffer | undefined> {
  return content && wholeOf(content);
}
