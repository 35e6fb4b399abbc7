import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { X11Clipboard } from '#session-agent/desktop/x11/clipboard/clipboard.ts';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import { silent } from '#shared/log/log.ts';
import type { Release } from '#test/support/desktop/release.ts';
import { type Sway, startSway } from '#test/support/desktop/sway.ts';
import { give } from '#test/support/desktop/watched.ts';
import { heard, watchedWayland } from '#test/support/desktop/wayland.ts';
import { Copying, runClient } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const never = new AbortController().signal;
const INPUT_OUTPUT = 1;

/** X applications of a wlroots compositor's Xwayland. @param way by which we have the clipboard */
export function xwaylandCases(release: () => Release, way: string): void {
  it('has the same clipboard as its compositor, without an echo', async () => {
    await using sway = await startSway(['xwayland enable'], release());
    const env = { ...sway.env, DISPLAY: await displayOf(sway) };
    await using x = await XConnection.open(parseDisplayName(env.DISPLAY), env, silent, never);
    await using ours = await watchedWayland(env);
    assert.equal(ours.desktop.by.clipboard, way);
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

  it('gives the clipboard to X programs without a window only while a window of X has the focus', async () => {
    await using sway = await startSway(['xwayland enable'], release());
    const env = { ...sway.env, DISPLAY: await displayOf(sway) };
    const xclip = async () => (await runClient(env, ['xclip', '-selection', 'clipboard', '-o'])).toString();
    await using x = await XConnection.open(parseDisplayName(env.DISPLAY), env, silent, never);
    await using ours = await watchedWayland(env);
    await ours.clipboard.offer('clipboard', ['text'], give('from the host'));
    await assert.rejects(xclip(), /target STRING not available/);
    await using _unseen = new Copying(env, 'without a window');
    await sleep(500); // what is told comes within milliseconds
    assert.ok(!ours.events.includes('copied text'));

    await showWindow(x, sway);
    await ours.clipboard.offer('clipboard', ['text'], give('from the host'));
    assert.equal(await xclip(), 'from the host');
    await runClient(env, ['swaymsg', 'workspace', '2']); // where there is no window
    await assert.rejects(xclip(), /target STRING not available/);
    await runClient(env, ['swaymsg', 'workspace', '1']);
    assert.equal(await xclip(), 'from the host');
    await using _copy = new Copying(env, 'with the focus');
    await heard(ours.events, 'copied text');
    const read = await ours.clipboard.read('clipboard', 'text', 100, never);
    assert.equal(read && (await wholeOf(read)).toString(), 'with the focus');
  });
}

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
