import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClipboardListener, ClipboardPort, Desktop, Provide } from '#session-agent/desktop/backend.ts';
import { x11 } from '#session-agent/desktop/x11/backend.ts';
import { silent } from '#shared/log/log.ts';
import { Copying, needsXvfb, runClient, startXvfb, type XServer } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const LARGE = 20 * 1024 * 1024;
const UTF8 = 'Grüße, 世界 🌍\nzweite Zeile';
const never = new AbortController().signal;

interface Watched extends AsyncDisposable {
  readonly server: XServer;
  readonly clipboard: ClipboardPort;
  readonly events: string[];
}

async function watched(): Promise<Watched> {
  const server = await startXvfb();
  const desktop: Desktop = await x11.open({ env: server.env, log: silent }, never);
  assert.ok(desktop.clipboard);
  const events: string[] = [];
  const listener: ClipboardListener = {
    took: () => events.push('took'),
    copied: (_, types) => events.push(`copied ${types.join()}`),
    cleared: () => events.push('cleared'),
  };
  desktop.clipboard.watch(listener);
  await until(() => events.length > 0, 'the present owner');
  events.length = 0;
  return {
    server,
    clipboard: desktop.clipboard,
    events,
    async [Symbol.asyncDispose]() {
      await desktop[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const give =
  (content: Buffer | string | undefined): Provide =>
  async () =>
    content === undefined ? undefined : Buffer.from(content);

const paste = (server: XServer, target = 'UTF8_STRING') =>
  runClient(server.env, ['xclip', '-selection', 'clipboard', '-o', '-t', target]);

describe('the X11 clipboard with real applications', { skip: needsXvfb }, () => {
  it('reads what an application copies', async () => {
    await using session = await watched();
    await using _copy = new Copying(session.server.env, UTF8);
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.deepEqual(session.events, ['took', 'copied text']);
    assert.equal((await session.clipboard.read('clipboard', 'text', LARGE, never))?.toString(), UTF8);
  });

  it('reads 20 MB in parts, byte for byte', async () => {
    await using session = await watched();
    const content = Buffer.alloc(LARGE, 'Zeile mit ß\n');
    await using _copy = new Copying(session.server.env, content);
    await until(() => session.events.includes('copied text'), 'the copy');
    const read = await session.clipboard.read('clipboard', 'text', LARGE, never);
    assert.ok(read?.equals(content));
  });

  it('gives nothing of a copy that is larger than what is wanted', async () => {
    await using session = await watched();
    await using _large = new Copying(session.server.env, Buffer.alloc(2 * 1024 * 1024, 'a'));
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.equal(await session.clipboard.read('clipboard', 'text', 1024 * 1024, never), undefined);
    await using _small = new Copying(session.server.env, 'abcd');
    await until(() => session.events.filter((event) => event === 'copied text').length === 2, 'the other copy');
    assert.equal(await session.clipboard.read('clipboard', 'text', 3, never), undefined);
    assert.equal((await session.clipboard.read('clipboard', 'text', 4, never))?.toString(), 'abcd');
  });

  it('turns the Latin-1 of an old application into UTF-8', async () => {
    await using session = await watched();
    await using _copy = new Copying(session.server.env, Buffer.from('caf\u00e9', 'latin1'), 'STRING');
    await until(() => session.events.includes('copied text'), 'the copy');
    assert.equal((await session.clipboard.read('clipboard', 'text', 100, never))?.toString(), 'café');
  });

  it('says of a copy without text that there is nothing to have', async () => {
    await using session = await watched();
    await using _copy = new Copying(session.server.env, 'not really a picture', 'image/png');
    await until(() => session.events.includes('cleared'), 'the answer');
    assert.deepEqual(session.events, ['took', 'cleared']);
  });

  it('notices that the owner has died', async () => {
    await using session = await watched();
    const copy = new Copying(session.server.env, UTF8);
    await until(() => session.events.includes('copied text'), 'the copy');
    await copy[Symbol.asyncDispose]();
    await until(() => session.events.includes('cleared'), 'the end');
    assert.equal(await session.clipboard.read('clipboard', 'text', 100, never), undefined);
  });

  it('gives up an owner that never answers, and reads the next one', async () => {
    await using session = await watched();
    await using silentCopy = new Copying(session.server.env, UTF8);
    await until(() => session.events.includes('copied text'), 'the copy');
    silentCopy.kill('SIGSTOP');
    assert.equal(await session.clipboard.read('clipboard', 'text', 100, never), undefined);
    await using _copy = new Copying(session.server.env, 'next');
    await until(() => session.events.filter((event) => event === 'copied text').length === 2, 'the next copy');
    assert.equal((await session.clipboard.read('clipboard', 'text', 100, never))?.toString(), 'next');
  });

  it('stops reading when nobody waits any more', async () => {
    await using session = await watched();
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
    await using session = await watched();
    let asked = 0;
    await session.clipboard.offer('clipboard', ['text'], async () => {
      asked++;
      return Buffer.from(UTF8);
    });
    const targets = (await paste(session.server, 'TARGETS')).toString();
    assert.deepEqual(targets.split('\n').filter(Boolean), [
      ...['TARGETS', 'TIMESTAMP', 'MULTIPLE'],
      ...['UTF8_STRING', 'text/plain;charset=utf-8', 'STRING', 'TEXT', 'text/plain'],
    ]);
    assert.equal(asked, 0);
    for (const target of ['UTF8_STRING', 'text/plain;charset=utf-8', 'TEXT', 'text/plain']) {
      assert.equal((await paste(session.server, target)).toString(), UTF8, target);
    }
    assert.equal(asked, 4);
  });

  it('does not take its own offer for a copy', async () => {
    await using session = await watched();
    await session.clipboard.offer('clipboard', ['text'], give('one'));
    await session.clipboard.offer('clipboard', ['text'], give('two'));
    assert.equal((await paste(session.server)).toString(), 'two');
    assert.deepEqual(session.events, []);
  });

  it('gives 20 MB in parts, to two applications at once', async () => {
    await using session = await watched();
    const content = Buffer.alloc(LARGE, '0123456789 ü\n');
    await session.clipboard.offer('clipboard', ['text'], give(content));
    const pasted = await Promise.all([paste(session.server), paste(session.server)]);
    for (const one of pasted) assert.ok(one.equals(content));
  });

  it('refuses what it does not have, and pastes for which the host gives nothing', async () => {
    await using session = await watched();
    await session.clipboard.offer('clipboard', ['text'], give(undefined));
    await assert.rejects(paste(session.server, 'image/png'));
    await assert.rejects(paste(session.server));
  });

  it('is not disturbed by an application that dies while it pastes', async () => {
    await using session = await watched();
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

  it('withdraws what it offered, and only that', async () => {
    await using session = await watched();
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
    await using session = await watched();
    await session.clipboard.offer('clipboard', ['text'], give(UTF8));
    assert.equal((await runClient(session.server.env, ['xsel', '-b', '-o'])).toString(), UTF8);
  });
});

async function until2(test: () => Promise<boolean>): Promise<void> {
  for (let left = 200; left > 0 && !(await test()); left--) await sleep(20);
}
