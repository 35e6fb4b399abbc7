import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { wayland } from '#session-agent/desktop/wayland/backend.ts';
import { silent } from '#shared/log/log.ts';
import { give } from '#test/support/desktop/watched.ts';
import { heard, WlCopying, wlPaste } from '#test/support/desktop/wayland.ts';
import { needsWeston, startWeston, type Weston } from '#test/support/desktop/weston.ts';

const UTF8 = 'Grüße, 世界 🌍\nzweite Zeile\n';

/** weston has no data-control: its clipboard is for windows with the focus, which wl-copy and wl-paste show for a moment. */
describe('the clipboard by wl-copy and wl-paste, which clipboardy starts', { skip: needsWeston }, () => {
  let weston: Weston;
  const before_ = { ...process.env };
  before(async () => {
    weston = await startWeston();
    delete process.env.DISPLAY;
    Object.assign(process.env, weston.env); // clipboardy has its environment from nowhere else
  });
  after(async () => {
    process.env = before_;
    await weston?.[Symbol.asyncDispose]();
  });

  const open = (pollsClipboard: boolean) =>
    wayland.open({ env: weston.env, log: silent, pollsClipboard }, new AbortController().signal);

  async function watched() {
    const desktop = await open(true);
    const { clipboard } = desktop;
    assert.ok(clipboard, desktop.lacks.clipboard);
    const events: string[] = [];
    const watch = clipboard.watch({
      took: () => events.push('took'),
      copied: (_selection, types) => events.push(`copied ${types.join()}`),
      cleared: () => events.push('cleared'),
    });
    clipboard.want?.(true);
    return {
      by: desktop.by.clipboard,
      port: clipboard,
      events,
      async [Symbol.asyncDispose]() {
        watch[Symbol.dispose]();
        await desktop[Symbol.asyncDispose]();
      },
    };
  }

  it('is not taken unless somebody has said so', async () => {
    await using desktop = await open(false);
    assert.equal(desktop.clipboard, undefined);
    assert.match(desktop.lacks.clipboard ?? '', /--poll-clipboard/);
  });

  it('tells what an application copies within seconds, and has it as it is', async () => {
    await using session = await watched();
    assert.match(session.by ?? '', /wl-paste/);
    await using _copy = new WlCopying(weston.env, UTF8);
    await heard(session.events, 'copied text');
    const content = await session.port.read('clipboard', 'text', 1000, new AbortController().signal);
    assert.equal(Buffer.from((content ?? []) as Uint8Array).toString(), UTF8);
  });

  it("puts the host's text there, and takes it away again", async () => {
    await using session = await watched();
    await session.port.offer('clipboard', ['text'], give(UTF8));
    assert.equal((await wlPaste(weston.env)).toString(), UTF8);
    await session.port.withdraw('clipboard');
    assert.equal(await pasted(), '');
  });

  it('leaves nothing of the host behind, and what an application has copied since', async () => {
    {
      await using session = await watched();
      await session.port.offer('clipboard', ['text'], give('theirs'));
    }
    assert.equal(await pasted(), '');
    await using session = await watched();
    await session.port.offer('clipboard', ['text'], give('theirs'));
    await using _copy = new WlCopying(weston.env, 'newer');
    await heard(session.events, 'copied text');
    await session[Symbol.asyncDispose]();
    assert.equal(await pasted(), 'newer');
  });

  it('is not held up for ever by a program that never gets an answer', async () => {
    await using session = await watched();
    await using copy = new WlCopying(weston.env, 'x');
    await heard(session.events, 'copied text');
    copy.kill('SIGSTOP'); // whoever reads its text waits
    await sleep(12_000);
    copy.kill('SIGKILL');
    await using _copy = new WlCopying(weston.env, 'y');
    await heard(session.events, 'copied text');
  });

  const pasted = () =>
    wlPaste(weston.env).then(
      (content) => content.toString(),
      () => '',
    );
});
