import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Selection } from '#protocol/ipc/messages/clipboard.ts';
import { type Content, Flow, wholeOf } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { give } from '#test/support/desktop/watched.ts';
import { type Compositor, heard, WlCopying, watchedWayland, wlPaste } from '#test/support/desktop/wayland.ts';
import { runClient } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const LARGE = 64 * 1024 * 1024;
const UTF8 = 'Grüße, 世界 🌍\nzweite Zeile';
const TYPES = [
  ['png', 'image/png'],
  ['bmp', 'image/bmp'],
  ['bmp', 'image/x-MS-bmp'],
  ['tiff', 'image/tiff'],
  ['jpg', 'image/jpeg'],
] as const;
const never = new AbortController().signal;
const openNow = () => readdirSync('/proc/self/fd').length;

/** A compositor's clipboard with real applications. @param way by which it is had */
export function clipboardCases(start: () => Promise<Compositor>, way: string): void {
  let compositor: Compositor;
  before(async () => {
    compositor = await start();
  });
  after(() => compositor?.[Symbol.asyncDispose]());

  it(`is had by ${way}, with the primary selection`, async () => {
    await using session = await watchedWayland(compositor.env);
    assert.equal(session.desktop.display, 'wayland');
    assert.equal(session.desktop.by.clipboard, way);
    assert.deepEqual(session.clipboard.selections, ['clipboard', 'primary']);
  });

  it('tells what an application copies, and reads it', async () => {
    await using session = await watchedWayland(compositor.env);
    session.events.length = 0;
    await using _copy = new WlCopying(compositor.env, UTF8);
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.deepEqual(session.events, ['took', 'copied text']);
    assert.equal((await whole(session.clipboard.read('clipboard', 'text', LARGE, never)))?.toString(), UTF8);
  });

  it('tells of a copy that was made before it came', async () => {
    await using _copy = new WlCopying(compositor.env, UTF8);
    await untilPasted(compositor, UTF8);
    await using session = await watchedWayland(compositor.env);
    assert.deepEqual(session.events.slice(0, 2), ['took', 'copied text']);
  });

  it('gives the host text to applications, fetched when they paste and not before', async () => {
    await using session = await watchedWayland(compositor.env);
    let asked = 0;
    await session.clipboard.offer('clipboard', ['text'], async () => {
      asked++;
      return Buffer.from(UTF8);
    });
    const names = (await runClient(compositor.env, ['wl-paste', '--list-types']))
      .toString()
      .split('\n')
      .filter(Boolean);
    assert.deepEqual(names.slice(0, -1), [
      ...['UTF8_STRING', 'text/plain;charset=utf-8', 'COMPOUND_TEXT', 'STRING', 'TEXT', 'text/plain'],
    ]);
    assert.match(names.at(-1) ?? '', /^application\/x-uga-[0-9a-f]{16}$/);
    assert.equal(asked, 0);
    for (const type of ['UTF8_STRING', 'text/plain', 'TEXT']) {
      assert.equal((await wlPaste(compositor.env, type)).toString(), UTF8, type);
    }
    assert.equal((await wlPaste(compositor.env, 'STRING')).toString('latin1'), UTF8.replace(/[^\0-\xff]/gu, '?'));
    assert.equal(asked, 4);
  });

  it('does not take its own offer for a copy', async () => {
    await using session = await watchedWayland(compositor.env);
    session.events.length = 0;
    await session.clipboard.offer('clipboard', ['text'], give('one'));
    await session.clipboard.offer('clipboard', ['text'], give('two'));
    assert.equal((await wlPaste(compositor.env)).toString(), 'two');
    assert.deepEqual(session.events, []);
    assert.equal(await session.clipboard.read('clipboard', 'text', LARGE, never), undefined);
  });

  for (const [type, name] of TYPES) {
    it(`carries ${name} both ways, byte for byte`, async () => {
      await using session = await watchedWayland(compositor.env);
      const picture = Buffer.concat([Buffer.from([0x89, 0, 0xff]), randomBytes(2_000_000), Buffer.alloc(3)]);
      await using _copy = new WlCopying(compositor.env, picture, name);
      await heard(session.events, `copied ${type}`);
      assert.ok((await whole(session.clipboard.read('clipboard', type, LARGE, never)))?.equals(picture));
      await session.clipboard.offer('clipboard', [type], give(picture));
      assert.ok((await wlPaste(compositor.env, name)).equals(picture));
      await assert.rejects(wlPaste(compositor.env, 'UTF8_STRING'));
    });
  }

  it('carries nothing, one byte, one pipe full, a byte more, and 64 MiB, both ways', async () => {
    await using session = await watchedWayland(compositor.env);
    for (const size of [0, 1, 65_536, 65_537, 1024 * 1024 + 1, LARGE]) {
      const content = Buffer.alloc(size, 'line of text\n');
      session.events.length = 0;
      await using _copy = new WlCopying(compositor.env, content, 'image/png');
      await heard(session.events, 'copied png');
      const got = await whole(session.clipboard.read('clipboard', 'png', size, never));
      assert.ok(got?.equals(content), `${size} bytes read`);
      const tooLarge = whole(session.clipboard.read('clipboard', 'png', size - 1, never)).catch(() => undefined);
      if (size > 0) assert.equal(await tooLarge, undefined);
      await session.clipboard.offer('clipboard', ['png'], give(content));
      assert.ok((await wlPaste(compositor.env, 'image/png')).equals(content), `${size} bytes pasted`);
    }
  });

  it('turns the Latin-1 of an old application into UTF-8', async () => {
    await using session = await watchedWayland(compositor.env);
    await using _copy = new WlCopying(compositor.env, Buffer.from('caf\u00e9', 'latin1'), 'STRING');
    await heard(session.events, 'copied text');
    assert.equal((await whole(session.clipboard.read('clipboard', 'text', 100, never)))?.toString(), 'café');
  });

  it('keeps the primary selection apart from the clipboard', async () => {
    await using session = await watchedWayland(compositor.env);
    session.events.length = 0;
    await using _marked = new WlCopying(compositor.env, 'marked', 'text/plain', 'primary');
    await using _copied = new WlCopying(compositor.env, 'copied');
    const seen = ['primary copied text', 'copied text'];
    await until(() => seen.every((event) => session.events.includes(event)), 'both');
    const read = async (selection: Selection) =>
      (await whole(session.clipboard.read(selection, 'text', 100, never)))?.toString();
    assert.deepEqual([await read('primary'), await read('clipboard')], ['marked', 'copied']);
    await session.clipboard.offer('primary', ['text'], give('from the host'));
    assert.equal((await wlPaste(compositor.env, 'text/plain', 'primary')).toString(), 'from the host');
    assert.equal((await wlPaste(compositor.env)).toString(), 'copied');
    assert.equal(await session.clipboard.read('secondary', 'text', 100, never), undefined);
  });

  it('says of a copy that is neither text nor image that there is nothing to have', async () => {
    await using session = await watchedWayland(compositor.env);
    session.events.length = 0;
    await using _copy = new WlCopying(compositor.env, 'x', 'application/x-other');
    await until(() => session.events.includes('cleared'), 'the answer');
    assert.deepEqual(session.events, ['took', 'cleared']);
  });

  it('notices that the owner has died', async () => {
    await using session = await watchedWayland(compositor.env);
    const copy = new WlCopying(compositor.env, UTF8);
    await heard(session.events, 'copied text');
    await copy[Symbol.asyncDispose]();
    await heard(session.events, 'cleared');
    assert.equal(await session.clipboard.read('clipboard', 'text', 100, never), undefined);
  });

  it('does not wait for an owner that never answers when nobody else does, and reads the next one', async () => {
    await using session = await watchedWayland(compositor.env);
    await using deaf = new WlCopying(compositor.env, UTF8);
    await heard(session.events, 'copied text');
    deaf.kill('SIGSTOP');
    const before = openNow();
    const gone = new AbortController();
    const read = session.clipboard.read('clipboard', 'text', 100, gone.signal);
    gone.abort();
    assert.equal(await read, undefined);
    assert.equal(openNow(), before);
    await using _copy = new WlCopying(compositor.env, 'next');
    await heard(session.events, 'copied text');
    assert.equal((await whole(session.clipboard.read('clipboard', 'text', 100, never)))?.toString(), 'next');
  });

  it('waits for an application that is silent for seconds', async () => {
    await using session = await watchedWayland(compositor.env);
    await using slow = new WlCopying(compositor.env, UTF8);
    await heard(session.events, 'copied text');
    slow.kill('SIGSTOP');
    const read = whole(session.clipboard.read('clipboard', 'text', 100, never));
    await sleep(6_000);
    slow.kill('SIGCONT');
    assert.equal((await read)?.toString(), UTF8);
  });

  it('withdraws what it offered, and only that', async () => {
    await using session = await watchedWayland(compositor.env);
    await session.clipboard.offer('clipboard', ['text'], give('host'));
    await session.clipboard.withdraw('clipboard');
    await assert.rejects(wlPaste(compositor.env));
    await session.clipboard.offer('clipboard', ['text'], give('host'));
    session.events.length = 0;
    await using _copy = new WlCopying(compositor.env, UTF8);
    await heard(session.events, 'copied text');
    await session.clipboard.withdraw('clipboard');
    assert.equal((await wlPaste(compositor.env)).toString(), UTF8);
  });

  it('ends a paste for which the host gives nothing, or only a part', async () => {
    await using session = await watchedWayland(compositor.env);
    await session.clipboard.offer('clipboard', ['text'], give(undefined));
    assert.equal((await wlPaste(compositor.env)).length, 0);
    await session.clipboard.offer('clipboard', ['png'], async () => halfOf(2 * 1024 * 1024));
    assert.equal((await wlPaste(compositor.env, 'image/png')).length, 1024 * 1024);
  });

  it('gives 64 MiB to two applications at once', async () => {
    await using session = await watchedWayland(compositor.env);
    const content = Buffer.alloc(LARGE, '0123456789 ü\n');
    await session.clipboard.offer('clipboard', ['text'], give(content));
    const pasted = await Promise.all([wlPaste(compositor.env), wlPaste(compositor.env)]);
    for (const one of pasted) assert.ok(one.equals(content));
  });

  it('leaves an application alone that stops reading, and serves the others meanwhile', async () => {
    await using session = await watchedWayland(compositor.env);
    const before = openNow();
    await session.clipboard.offer('clipboard', ['text'], give(Buffer.alloc(LARGE, 'x')));
    const stuck = runClient(compositor.env, ['sh', '-c', 'wl-paste | sleep 3']);
    await until(() => openNow() > before, 'the paste that stops');
    assert.equal((await wlPaste(compositor.env)).length, LARGE);
    await stuck;
    await until(() => openNow() === before, 'the end of the other');
  });

  it('is not disturbed by an application that dies while it pastes', async () => {
    await using session = await watchedWayland(compositor.env);
    const before = openNow();
    await session.clipboard.offer('clipboard', ['text'], give(Buffer.alloc(LARGE, 'x')));
    assert.equal((await runClient(compositor.env, ['sh', '-c', 'wl-paste | head -c 10'])).length, 10);
    await until(() => openNow() === before, 'the end of the paste');
    assert.equal((await wlPaste(compositor.env)).length, LARGE);
  });
}

/** Content whose other half does not come. */
function halfOf(bytes: number): Flow {
  const flow = new Flow(bytes);
  flow.add(Buffer.alloc(bytes / 2));
  setTimeout(() => flow.fail(new AgentError('cancelled', 'the host has left')), 100);
  return flow;
}

async function untilPasted(compositor: Compositor, text: string): Promise<void> {
  const end = Date.now() + 5_000;
  while (Date.now() < end) {
    const got = await wlPaste(compositor.env).catch(() => undefined);
    if (got?.toString() === text) return;
  }
  throw new Error('the copy was not made');
}

async function whole(reading: Promise<Content | undefined>): Promise<Buffer | undefined> {
  const content = await reading;
  return content && wholeOf(content);
}
