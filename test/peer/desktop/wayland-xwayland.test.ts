import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { wlSeat } from '#protocol/wayland/core.ts';
import { X11Clipboard } from '#session-agent/desktop/x11/clipboard/clipboard.ts';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import { silent } from '#shared/log/log.ts';
import { needsSway, type Sway, startSway } from '#test/support/desktop/sway.ts';
import { give } from '#test/support/desktop/watched.ts';
import { heard, watchedWayland } from '#test/support/desktop/wayland.ts';
import { Copying, needsXvfb, runClient, startXvfb } from '#test/support/desktop/x-server.ts';
import { until, without } from '#test/support/programs.ts';
import { TestCompositor } from '#test/support/wayland/compositor.ts';

const never = new AbortController().signal;
const INPUT_OUTPUT = 1;
const needsXwayland = needsSway || without('Xwayland') || without('xhost');

describe('Xwayland', () => {
  it('has the same clipboard as its compositor, without an echo', { skip: needsXwayland }, async () => {
    await using sway = await startSway(['xwayland enable']);
    const env = { ...sway.env, DISPLAY: await displayOf(sway) };
    await using x = await XConnection.open(parseDisplayName(env.DISPLAY), env, silent, never);
    await using ours = await watchedWayland(env);
    assert.equal(ours.desktop.by.clipboard, 'wlr-data-control');
    await showWindow(x, sway);
    await using application = await X11Clipboard.open(x, silent);
    const seen: string[] = [];
    application.watch({
      took: (selection) => seen.push(`${selection} took`),
      copied: (selection, types) => seen.push(`${selection} copied ${types.join()}`),
      cleared: (selection) => seen.push(`${selection} cleared`),
    });
    await until(() => seen.length === 3, 'what is owned');
    seen.length = 0;
    ours.events.length = 0;

    await ours.clipboard.offer('clipboard', ['text'], give('from the host'));
    await heard(seen, 'clipboard copied text');
    const pasted = await application.read('clipboard', 'text', 100, never);
    assert.equal(pasted && (await wholeOf(pasted)).toString(), 'from the host');

    await application.offer('clipboard', ['text'], give('from X'));
    await heard(ours.events, 'copied text');
    const read = await ours.clipboard.read('clipboard', 'text', 100, never);
    assert.equal(read && (await wholeOf(read)).toString(), 'from X');

    await sleep(500); // an echo goes round within milliseconds
    assert.deepEqual([seen, ours.events], [[], []]);
  });

  it('is the way where the compositor has none, and chosen anew when it ends', { skip: needsXvfb }, async () => {
    using compositor = new TestCompositor([wlSeat]);
    await using server = await startXvfb();
    await using session = await watchedWayland({ ...compositor.env, DISPLAY: server.env.DISPLAY ?? '' });
    assert.equal(session.desktop.by.clipboard, 'Xwayland');
    assert.equal(session.desktop.display, 'wayland');
    await using _copy = new Copying(server.env, 'old application');
    await heard(session.events, 'copied text');
    const read = await session.clipboard.read('clipboard', 'text', 100, never);
    assert.equal(read && (await wholeOf(read)).toString(), 'old application');
    await server[Symbol.asyncDispose]();
    assert.equal(await session.desktop.changed, 'Xwayland has closed the connection');
  });
});

/** Starts Xwayland, and lets us in, who are another user than sway. */
async function displayOf(sway: Sway): Promise<string> {
  const file = path.join(sway.env.HOME ?? '', 'display');
  const words = () => {
    try {
      return readFileSync(file, 'utf8').trim();
    } catch {
      return '';
    }
  };
  const script = `xhost +si:localuser:root >/dev/null; echo $DISPLAY >${file}`;
  await runClient(sway.env, ['swaymsg', 'exec', `sh -c '${script}'`]);
  await until(() => words() !== '', 'Xwayland');
  return words();
}

/** Of the package, what only this test needs. */
interface Windows {
  CreateWindow(...args: readonly [...numbers: number[], values: { readonly backgroundPixel: number }]): void;
  MapWindow(id: number): void;
}

/** wlroots lets an X application have the clipboard only while one has the focus. */
async function showWindow(x: XConnection, sway: Sway): Promise<void> {
  const id = x.client.AllocID();
  const windows = x.client as unknown as Windows;
  windows.CreateWindow(id, x.root, 0, 0, 300, 200, 0, 0, INPUT_OUTPUT, 0, { backgroundPixel: 0xffffff });
  windows.MapWindow(id);
  const isShown = async () => /"window": \d+/.test(`${await runClient(sway.env, ['swaymsg', '-t', 'get_tree'])}`);
  for (let left = 100; !(await isShown()); left--) {
    assert.ok(left > 0, 'no window');
    await sleep(50);
  }
}
