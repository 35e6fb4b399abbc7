import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { type Content, Flow, wholeOf } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';
import { startSpiceDesktop } from '#test/support/desktop/spice-desktop.ts';
import {
  needsToolkit,
  PICTURE,
  PICTURE_SEEN,
  pasteIn,
  type Toolkit,
  ToolkitCopying,
} from '#test/support/desktop/toolkit.ts';
import { give, watchedDesktop } from '#test/support/desktop/watched.ts';
import { needsXvfb, type XServer } from '#test/support/desktop/x-server.ts';
import { Program, temporaryFolder, until, without } from '#test/support/programs.ts';

const TEXT = 'Grüße, 世界 🌍\nzweite Zeile';
const LIMIT = 20 * 1024 * 1024;
const never = new AbortController().signal;

for (const toolkit of ['gtk', 'qt'] satisfies Toolkit[]) {
  describe(`applications of ${toolkit}`, { skip: needsXvfb || needsToolkit(toolkit), timeout: 60_000 }, () => {
    it('paste text and an image that the host offers together', async () => {
      await using session = await watchedDesktop();
      const contents = new Map([
        ['text', Buffer.from(TEXT)],
        ['png', PICTURE],
      ]);
      await session.clipboard.offer('clipboard', ['text', 'png'], async (type) => contents.get(type));
      assert.equal(await pasteIn(toolkit, session.env, 'text'), TEXT);
      assert.equal(await pasteIn(toolkit, session.env, 'image'), PICTURE_SEEN);
    });

    it('have nothing of an image whose other half does not come', async () => {
      await using session = await watchedDesktop();
      await session.clipboard.offer('clipboard', ['png'], async () => {
        const flow = new Flow(2 * LIMIT);
        flow.add(Buffer.concat([PICTURE, Buffer.alloc(LIMIT)]));
        setTimeout(() => flow.fail(new AgentError('cancelled', 'the host has left')), 100);
        return flow;
      });
      assert.equal(await pasteIn(toolkit, session.env, 'image'), 'nothing');
    });

    it('copy text', async () => {
      await using session = await watchedDesktop();
      await using _copy = new ToolkitCopying(toolkit, session.env, 'text', TEXT);
      await until(() => session.events.includes('copied text'), 'the copy');
      assert.equal((await whole(session.clipboard.read('clipboard', 'text', LIMIT, never)))?.toString(), TEXT);
    });

    it('copy an image, which is a PNG among others', async () => {
      await using session = await watchedDesktop();
      using folder = temporaryFolder();
      const file = path.join(folder.path, 'picture.png');
      writeFileSync(file, PICTURE);
      await using _copy = new ToolkitCopying(toolkit, session.env, 'image', file);
      await until(() => session.events.some((event) => event.startsWith('copied png')), 'the copy');
      const content = await whole(session.clipboard.read('clipboard', 'png', LIMIT, never));
      assert.ok(content);
      await session.clipboard.offer('clipboard', ['png'], give(content));
      assert.equal(await pasteIn(toolkit, session.env, 'image'), PICTURE_SEEN);
    });
  });
}

describe('clipboard managers', { skip: needsXvfb || needsToolkit('gtk'), timeout: 60_000 }, () => {
  it('what one has kept of an application that ended can be had', {
    skip: without('xfce4-clipman'),
  }, async () => {
    await using session = await watchedDesktop();
    using folder = temporaryFolder();
    await using _manager = await startClipman(session.env, folder.path);
    const copy = new ToolkitCopying('gtk', session.env, 'text', TEXT);
    await until(() => session.events.includes('copied text'), 'the copy');
    await sleep(500); // for the manager to look
    session.events.length = 0;
    await copy[Symbol.asyncDispose]();
    await until(() => session.events.at(-1) === 'copied text', 'what the manager has');
    assert.equal((await whole(session.clipboard.read('clipboard', 'text', LIMIT, never)))?.toString(), TEXT);
  });

  it('one that keeps a history has the client asked once, takes nothing over, and keeps a copy when the client goes', {
    skip: without('xfce4-clipman'),
  }, async () => {
    await using desktop = await startSpiceDesktop('ours');
    const { host } = desktop;
    using folder = temporaryFolder();
    await using _manager = await startClipman(desktop.env, folder.path);
    const text = { selection: 'clipboard', type: 'text' } as const;
    host.heard();
    host.send('clipboard-grab', { selection: 'clipboard', serial: 0, types: ['text'] });
    await host.until('clipboard-request');
    host.send('clipboard', { ...text, data: Buffer.from(TEXT) });
    await sleep(1500); // it reads several times
    assert.deepEqual(host.heard(), []);
    assert.equal(await pasteIn('gtk', desktop.env, 'text'), TEXT);
    host.send('client-disconnected', {}, 'server');
    await sleep(500);
    host.announce(true);
    await host.until('clipboard-grab');
    host.send('clipboard-request', text);
    await until(() => host.heardCount > 0, 'its copy');
    assert.deepEqual(host.heard(), [['clipboard', { ...text, data: TEXT }]]);
  });

  it('one that takes over whatever is copied gets what the host has, and there is no loop', {
    skip: without('autocutsel'),
  }, async () => {
    await using session = await watchedDesktop();
    await using manager = new Program(['autocutsel', '-selection', 'CLIPBOARD', '-pause', '50'], session.env);
    await sleep(200);
    await session.clipboard.offer('clipboard', ['text'], give('from the host'));
    await sleep(1000);
    assert.ok(manager.running);
    assert.ok(session.events.length <= 6, session.events.join());
    assert.equal(await pasteIn('gtk', session.env, 'text'), 'from the host');
  });
});

/** Xfce's, as it is without a bus: it has no settings, and keeps what it is left all the same. */
async function startClipman(display: XServer['env'], folder: string): Promise<Program> {
  const nowhere = `unix:path=${folder}/no-bus`;
  const env = {
    ...display,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    NO_AT_BRIDGE: '1',
    DBUS_SESSION_BUS_ADDRESS: nowhere,
  };
  await using x = await XConnection.open(parseDisplayName(display.DISPLAY ?? ''), display, silent, never);
  const { CLIPBOARD_MANAGER } = await x.atoms(['CLIPBOARD_MANAGER']);
  const owner = () => x.ask<number>('owner', (client, done) => client.GetSelectionOwner(CLIPBOARD_MANAGER, done));
  const manager = new Program(['xfce4-clipman'], env);
  for (let left = 500; left > 0 && manager.running && (await owner()) === 0; left--) await sleep(20);
  return manager;
}

async function whole(reading: Promise<Content | undefined>): Promise<Buffer | undefined> {
  const content = await reading;
  return content && wholeOf(content);
}
