import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Selection } from '#protocol/ipc/messages/clipboard.ts';
import { decodeCompoundText } from '#session-agent/desktop/content/compound-text.ts';
import { x11 } from '#session-agent/desktop/x11/backend.ts';
import { PART_BYTES } from '#session-agent/desktop/x11/clipboard/sender.ts';
import { PROPERTY_CHANGE } from '#session-agent/desktop/x11/connection.ts';
import { type Content, Flow, wholeOf } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';
import { give, watchedDesktop } from '#test/support/desktop/watched.ts';
import { Copying, needsXvfb, runClient, startXvfb, type XServer } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const LARGE = 20 * 1024 * 1024;
const UTF8 = 'Grüße, 世界 🌍\nzweite Zeile';
const IMAGES = [
  ['png', 'image/png'],
  ['bmp', 'image/x-bmp'],
  ['tiff', 'image/tiff'],
  ['jpg', 'image/jpeg'],
] as const;
const never = new AbortController().signal;

const paste = (server: XServer, target = 'UTF8_STRING', selection: Selection = 'clipboard') =>
  runClient(server.env, ['xclip', '-selection', selection, '-o', '-t', target]);

describe('the X11 clipboard with real applications', { skip: needsXvfb }, () => {
  it('reads what an application copies', async () => {
    await using session = await watchedDesktop();
    await using _copy = new Copying(session.server.env, UTF8);
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.deepEqual(session.events, ['took', 'copied text']);
    assert.equal((await whole(session.clipboard.read('clipboard', 'text', LARGE, never)))?.toString(), UTF8);
  });

  it('reads 20 MB in parts, byte for byte', async () => {
    await using session = await watchedDesktop();
    const content = Buffer.alloc(LARGE, 'Zeile mit ß\n');
    await using _copy = new Copying(session.server.env, content);
    await until(() => session.events.includes('copied text'), 'the copy');
    const got = await whole(session.clipboard.read('clipboard', 'text', LARGE, never));
    assert.ok(got?.equals(content));
  });

  it('gives nothing of a copy that is larger than what is wanted', async () => {
    await using session = await watchedDesktop();
    await using _large = new Copying(session.server.env, Buffer.alloc(2 * 1024 * 1024, 'a'));
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.equal(await whole(session.clipboard.read('clipboard', 'text', 1024 * 1024, never)), undefined);
    await using _small = new Copying(session.server.env, 'abcd');
    await until(() => session.events.filter((event) => event === 'copied text').length === 2, 'the other copy');
    assert.equal(await whole(session.clipboard.read('clipboard', 'text', 3, never)), undefined);
    assert.equal((await whole(session.clipboard.read('clipboard', 'text', 4, never)))?.toString(), 'abcd');
  });

  it('turns the Latin-1 of an old application into UTF-8', async () => {
    await using session = await watchedDesktop();
    await using _copy = new Copying(session.server.env, Buffer.from('caf\u00e9', 'latin1'), 'STRING');
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.equal((await whole(session.clipboard.read('clipboard', 'text', 100, never)))?.toString(), 'café');
  });

  it('reads what is in COMPOUND_TEXT', async () => {
    await using session = await watchedDesktop();
    await using _copy = new Copying(session.server.env, Buffer.from('caf\xe9 \x1b-F\xe1', 'latin1'), 'COMPOUND_TEXT');
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.equal((await whole(session.clipboard.read('clipboard', 'text', 100, never)))?.toString(), 'café α');
  });

  for (const [type, target] of IMAGES) {
    it(`carries ${target} both ways, byte for byte`, async () => {
      await using session = await watchedDesktop();
      const picture = Buffer.concat([Buffer.from([0x89, 0, 0xff]), randomBytes(2_000_000), Buffer.alloc(3)]);
      await using _copy = new Copying(session.server.env, picture, target);
      await until(() => session.events.includes(`copied ${type}`), 'the copy');
      assert.ok((await whole(session.clipboard.read('clipboard', type, LARGE, never)))?.equals(picture));
      await session.clipboard.offer('clipboard', [type], give(picture));
      assert.ok((await paste(session.server, target)).equals(picture));
      await assert.rejects(paste(session.server, 'UTF8_STRING'));
    });
  }

  it('carries nothing, one part, a byte more, and 64 MiB, both ways', async () => {
    await using session = await watchedDesktop();
    for (const size of [0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 64 * 1024 * 1024]) {
      const content = Buffer.alloc(size, 'line of text\n');
      session.events.length = 0;
      await using _copy = new Copying(session.env, content);
      await until(() => session.events.includes('copied text'), 'the copy');
      const got = await whole(session.clipboard.read('clipboard', 'text', size, never));
      assert.ok(got?.equals(content), `${size} bytes read`);
      await session.clipboard.offer('clipboard', ['text'], give(content));
      assert.ok((await paste(session.server)).equals(content), `${size} bytes pasted`);
    }
  });

  it('keeps PRIMARY and SECONDARY apart from the clipboard', async () => {
    await using session = await watchedDesktop();
    const { env } = session.server;
    await using _marked = new Copying(env, 'marked', 'UTF8_STRING', 'primary');
    await using _other = new Copying(env, 'other', 'UTF8_STRING', 'secondary');
    await using _copied = new Copying(env, 'copied');
    const seen = ['primary copied text', 'secondary copied text', 'copied text'];
    await until(() => seen.every((event) => session.events.includes(event)), 'all three');
    const read = async (selection: Selection) =>
      (await whole(session.clipboard.read(selection, 'text', 100, never)))?.toString();
    assert.deepEqual(
      [await read('primary'), await read('secondary'), await read('clipboard')],
      [...['marked', 'other', 'copied']],
    );
    await session.clipboard.offer('primary', ['text'], give('from the host'));
    assert.equal((await paste(session.server, 'UTF8_STRING', 'primary')).toString(), 'from the host');
    assert.equal((await paste(session.server)).toString(), 'copied');
    assert.equal((await runClient(env, ['xsel', '-s', '-o'])).toString(), 'other');
  });

  it('says of a copy that is neither text nor image that there is nothing to have', async () => {
    await using session = await watchedDesktop();
    await using _copy = new Copying(session.server.env, '<b>bold</b>', 'text/html');
    await until(() => session.events.includes('cleared'), 'the answer');
    assert.deepEqual(session.events, ['took', 'cleared']);
  });

  it('notices that the owner has died', async () => {
    await using session = await watchedDesktop();
    const copy = new Copying(session.server.env, UTF8);
    await until(() => session.events.includes('copied text'), 'the copy');
    await copy[Symbol.asyncDispose]();
    await until(() => session.events.includes('cleared'), 'the end');
    assert.equal(await whole(session.clipboard.read('clipboard', 'text', 100, never)), undefined);
  });

  it('reads what xclip gives to somebody else when it is asked', async () => {
    await using session = await watchedDesktop();
    const { x } = session;
    const content = randomBytes(3_000_000);
    await using _copy = new Copying(session.server.env, content, 'image/png');
    await until(() => session.events.includes('copied png'), 'the copy');
    const atoms = await x.atoms(['CLIPBOARD', 'image/png', 'INTO']);
    using window = x.createWindow(PROPERTY_CHANGE);
    let told = false;
    let put = 0;
    let left = -1;
    const take = () =>
      x.takeProperty(window.id, atoms.INTO, 2 * content.length, ({ bytes }) => {
        left = bytes;
        return () => {};
      });
    using _listening = x.listen((event) => {
      if (event.name === 'SelectionNotify' && 'requestor' in event) told = true;
      else if (event.name === 'PropertyNotify' && event.wid === window.id && event.state === 0) put++;
    });
    x.client.ConvertSelection(window.id, atoms.CLIPBOARD, atoms['image/png'], atoms.INTO, 0);
    await until(() => told, 'xclip to begin with the other');
    const read = whole(session.clipboard.read('clipboard', 'png', LARGE, never));
    await sleep(500); // xclip has forgotten us by now
    // The first says that parts will come.
    for (let taken = 0; taken < 2 || left !== 0; taken++) {
      await until(() => put > taken, 'the next part of the other');
      await take();
    }
    assert.ok((await read)?.equals(content));
  });

  it('gives up an owner that never answers, and reads the next one', async () => {
    await using session = await watchedDesktop();
    await using silentCopy = new Copying(session.server.env, UTF8);
    await until(() => session.events.includes('copied text'), 'the copy');
    silentCopy.kill('SIGSTOP');
    assert.equal(await whole(session.clipboard.read('clipboard', 'text', 100, never)), undefined);
    await using _copy = new Copying(session.server.env, 'next');
    await until(() => session.events.filter((event) => event === 'copied text').length === 2, 'the next copy');
    assert.equal((await whole(session.clipboard.read('clipboard', 'text', 100, never)))?.toString(), 'next');
  });

  it('stops reading when nobody waits any more', async () => {
    await using session = await watchedDesktop();
    await using silentCopy = new Copying(session.server.env, UTF8);
    await until(() => session.events.includes('copied text'), 'the copy');
    silentCopy.kill('SIGSTOP');
    const gone = new AbortController();
    const read = session.clipboard.read('clipboard', 'text', 100, gone.signal);
    gone.abort();
    assert.equal(await read, undefined);
  });

  it('tells of a copy that was made before it came', async () => {
    await using server = await startXvfb();
    await using _copy = new Copying(server.env, UTF8);
    await until2(async () => (await paste(server).catch(() => Buffer.alloc(0))).length > 0);
    await using desktop = await x11.open({ env: server.env, log: silent }, never);
    const copied = new Promise((resolve) =>
      desktop.clipboard?.watch({ took: () => {}, cleared: () => {}, copied: (_, types) => resolve(types) }),
    );
    assert.deepEqual(await copied, ['text']);
  });

  it('gives the host text to applications, fetched when they paste and not before', async () => {
    await using session = await watchedDesktop();
    let asked = 0;
    await session.clipboard.offer('clipboard', ['text'], async () => {
      asked++;
      return Buffer.from(UTF8);
    });
    const targets = (await paste(session.server, 'TARGETS')).toString();
    assert.deepEqual(targets.split('\n').filter(Boolean), [
      ...['TARGETS', 'TIMESTAMP', 'MULTIPLE'],
      ...['UTF8_STRING', 'text/plain;charset=utf-8', 'COMPOUND_TEXT', 'STRING', 'TEXT', 'text/plain'],
    ]);
    assert.equal(asked, 0);
    for (const target of ['UTF8_STRING', 'text/plain;charset=utf-8', 'TEXT', 'text/plain']) {
      assert.equal((await paste(session.server, target)).toString(), UTF8, target);
    }
    assert.equal(decodeCompoundText(await paste(session.server, 'COMPOUND_TEXT')), UTF8);
    assert.equal(asked, 5);
  });

  it('does not take its own offer for a copy', async () => {
    await using session = await watchedDesktop();
    await session.clipboard.offer('clipboard', ['text'], give('one'));
    await session.clipboard.offer('clipboard', ['text'], give('two'));
    assert.equal((await paste(session.server)).toString(), 'two');
    assert.deepEqual(session.events, []);
  });

  it('gives 20 MB in parts, to two applications at once', async () => {
    await using session = await watchedDesktop();
    const content = Buffer.alloc(LARGE, '0123456789 ü\n');
    await session.clipboard.offer('clipboard', ['text'], give(content));
    const pasted = await Promise.all([paste(session.server), paste(session.server)]);
    for (const one of pasted) assert.ok(one.equals(content));
  });

  it('refuses what it does not have, and pastes for which the host gives nothing', async () => {
    await using session = await watchedDesktop();
    await session.clipboard.offer('clipboard', ['text'], give(undefined));
    await assert.rejects(paste(session.server, 'image/png'));
    await assert.rejects(paste(session.server));
  });

  it('is not disturbed by an application that dies while it pastes', async () => {
    await using session = await watchedDesktop();
    const content = Buffer.alloc(LARGE, 'x');
    let fetched = 0;
    await session.clipboard.offer('clipboard', ['text'], async () => {
      fetched++;
      return content;
    });
    await assert.rejects(
      runClient(session.server.env, ['sh', '-c', 'xclip -selection clipboard -o & sleep 0.2; kill -9 $!; exit 1']),
    );
    await until(() => fetched > 0, 'the first paste');
    assert.ok((await paste(session.server)).equals(content));
  });

  it('lets no application wait for the rest when the host leaves half-way, nor take what came for all', async () => {
    await using session = await watchedDesktop();
    const { x } = session;
    await session.clipboard.offer('clipboard', ['png'], async () => halfOf(2 * 1024 * 1024));
    const atoms = await x.atoms(['CLIPBOARD', 'INCR', 'image/png', 'PROPERTY']);
    using window = x.createWindow(PROPERTY_CHANGE);
    const told: string[] = [];
    using _listening = x.listen((event) => {
      if (event.name !== 'PropertyNotify' || event.wid !== window.id || event.atom !== atoms.PROPERTY) return;
      told.push(event.state === 0 ? 'value' : 'deleted');
      if (event.state === 0) void x.takeProperty(window.id, atoms.PROPERTY, LARGE, () => undefined);
    });
    const none = 0;
    x.client.ConvertSelection(window.id, atoms.CLIPBOARD, atoms['image/png'], atoms.PROPERTY, none);
    await until(() => told.length >= 6, 'the end');
    // The announcement, a part and what is taken back, each of which we delete, or it is gone already.
    assert.deepEqual(told, ['value', 'deleted', 'value', 'deleted', 'value', 'deleted']);
    assert.ok((await paste(session.server, 'image/png')).length < 2 * 1024 * 1024);
  });

  it('withdraws what it offered, and only that', async () => {
    await using session = await watchedDesktop();
    await session.clipboard.offer('clipboard', ['text'], give('host'));
    await session.clipboard.withdraw('clipboard');
    await assert.rejects(paste(session.server));
    await session.clipboard.offer('clipboard', ['text'], give('host'));
    await using _copy = new Copying(session.server.env, UTF8);
    await until(() => session.events.includes('copied text'), 'the copy');
    await session.clipboard.withdraw('clipboard');
    assert.equal((await paste(session.server)).toString(), UTF8);
  });

  it('xsel pastes and copies too', async () => {
    await using session = await watchedDesktop();
    await session.clipboard.offer('clipboard', ['text'], give(UTF8));
    assert.equal((await runClient(session.server.env, ['xsel', '-b', '-o'])).toString(), UTF8);
  });
});

/** Content whose other half does not come. */
function halfOf(bytes: number): Flow {
  const flow = new Flow(bytes);
  flow.add(Buffer.alloc(bytes / 2));
  setTimeout(() => flow.fail(new AgentError('cancelled', 'the host has left')), 100);
  return flow;
}

async function until2(test: () => Promise<boolean>): Promise<void> {
  for (let left = 200; left > 0 && !(await test()); left--) await sleep(20);
}

async function whole(reading: Promise<Content | undefined>): Promise<Buffer | undefined> {
  const content = await reading;
  return content && wholeOf(content);
}
