import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pointer } from 'x11';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { silent } from '#shared/log/log.ts';
import { type SpiceDesktop, startSpiceDesktop } from '#test/support/desktop/spice-desktop.ts';
import { runClient, startXorgDummy, type XServer } from '#test/support/desktop/x-server.ts';
import { without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const DRIVER = '/usr/lib/xorg/modules/drivers/dummy_drv.so';
const skip = without('Xorg') || without('xrandr') || (existsSync(DRIVER) ? false : `${DRIVER} is not there`);

const never = new AbortController().signal;
const HEADS = [
  { width: 1000, height: 600, x: 0, y: 0, depth: 32 },
  { width: 648, height: 480, x: 1000, y: 100, depth: 32 },
];
const [LEFT, MIDDLE, RIGHT, UP, DOWN, SIDE, EXTRA] = [2, 4, 8, 16, 32, 64, 128];
const BUTTON_EVENTS = 0x4 | 0x8;
const BUTTON_PRESS = 4;
const DEADLINE_MS = 20_000;
/** The agent waits for nothing after so long. */
const AT_REST_MS = 300;

/** What X tells of a button to a program that watches the root window. */
interface ButtonEvent {
  readonly type: number;
  readonly keycode: number;
  readonly x: number;
  readonly y: number;
}

/** The driver's second output is connected while it is on. */
async function startTwoMonitors(): Promise<XServer> {
  const server = await startXorgDummy();
  await runClient(server.env, ['xrandr', '--addmode', 'DUMMY1', '800x600']);
  await runClient(server.env, ['xrandr', '--output', 'DUMMY1', '--mode', '800x600', '--right-of', 'DUMMY0']);
  return server;
}

describe('the pointer of an X session without uinput, moved by a host', { skip }, () => {
  let desktop: SpiceDesktop;
  let x: XConnection;
  const buttons: string[] = [];

  const put = (at: { x: number; y: number; displayId?: number }, pressed = 0) =>
    desktop.host.send('mouse-state', { displayId: 0, ...at, buttons: pressed }, 'server');
  const pointer = () => x.ask<Pointer>('pointer', (client, done) => client.QueryPointer(x.root, done));
  const isAt = async (left: number, top: number) => {
    const deadline = Date.now() + DEADLINE_MS;
    for (let at = await pointer(); at.rootX !== left || at.rootY !== top; at = await pointer()) {
      if (Date.now() > deadline) assert.fail(`the pointer is at ${at.rootX}, ${at.rootY}, not at ${left}, ${top}`);
      await sleep(2);
    }
  };

  before(async () => {
    desktop = await startSpiceDesktop('ours', { startServer: startTwoMonitors, uinput: 'auto' });
    x = await XConnection.open(parseDisplayName(desktop.env.DISPLAY ?? ''), desktop.env, silent, never);
    x.client.ChangeWindowAttributes(x.root, { eventMask: BUTTON_EVENTS });
    x.listen((event) => {
      const { type, keycode, x: left, y: top } = event as unknown as ButtonEvent;
      if (type === BUTTON_PRESS || type === BUTTON_PRESS + 1)
        buttons.push(`${type === BUTTON_PRESS ? '+' : '-'}${keycode} ${left},${top}`);
    });
    await desktop.system.said(/session agent connected/);
    desktop.host.heard();
    desktop.host.send('monitors-config', { hasPositions: true, monitors: HEADS });
    await desktop.host.until('reply');
    await desktop.session.said(/monitors set/);
  });

  after(async () => {
    await x?.[Symbol.asyncDispose]();
    await desktop?.[Symbol.asyncDispose]();
  });

  it('lands on the pixel at every corner of both monitors, and at their edge beyond it', async () => {
    for (const [displayId, head] of HEADS.entries()) {
      for (const left of [0, head.width - 1, head.width, 0xffff_ffff]) {
        for (const top of [0, head.height - 1, head.height]) {
          put({ x: left, y: top, displayId });
          await isAt(head.x + Math.min(left, head.width - 1), head.y + Math.min(top, head.height - 1));
        }
      }
    }
  });

  it('stays where it is for a display that is not there, and presses nothing', async () => {
    put({ x: 500, y: 300 });
    await isAt(500, 300);
    buttons.length = 0;
    put({ x: 1, y: 1, displayId: 40 }, LEFT);
    put({ x: 501, y: 300 });
    await isAt(501, 300);
    assert.deepEqual(buttons, []);
  });

  it('presses and releases each button where it was told, in order, with a click for a notch of the wheel', async () => {
    put({ x: 10, y: 10 });
    await isAt(10, 10);
    buttons.length = 0;
    put({ x: 20, y: 20 }, LEFT);
    put({ x: 30, y: 30 }, LEFT);
    put({ x: 40, y: 40 }, 0);
    for (const button of [MIDDLE, RIGHT, SIDE, EXTRA, UP, DOWN]) {
      put({ x: 50, y: 50 }, button);
      put({ x: 50, y: 50 }, 0);
    }
    await until(() => buttons.length >= 14);
    const both = (button: number) => [`+${button} 50,50`, `-${button} 50,50`];
    assert.deepEqual(buttons, ['+1 20,20', '-1 40,40', ...[2, 3, 8, 9, 4, 5].flatMap(both)]);
  });

  it('goes on while another program has grabbed the server', async () => {
    // A client that is not to be stopped by a grab is, for as long as it lasts, if the server has read something of it at that
    // moment and not yet answered: xserver, dix/dispatch.c, mark_client_grab.
    await sleep(AT_REST_MS);
    x.client.GrabServer();
    await pointer(); // it has grabbed it
    try {
      put({ x: 60, y: 60 });
      await isAt(60, 60);
    } finally {
      x.client.UngrabServer();
    }
  });

  it('loses no press of a thousand clicks between ten thousand moves', async () => {
    buttons.length = 0;
    for (let click = 0; click < 1000; click++) {
      for (let move = 0; move < 8; move++) put({ x: click, y: move });
      put({ x: click, y: 9 }, LEFT);
      put({ x: click, y: 10 });
      if (click % 50 === 49) await until(() => buttons.length >= 2 * click + 2, `${click} clicks`);
    }
    assert.deepEqual(buttons, Array.from({ length: 1000 }, (_, click) => [`+1 ${click},9`, `-1 ${click},10`]).flat());
  });

  it('has nothing pressed after the client has gone, and after the agent has', async () => {
    const held = async () => ((await pointer()).keyMask >> 8) & 0x1f;
    put({ x: 70, y: 70 }, LEFT);
    await isAt(70, 70);
    await until(() => buttons.at(-1) === '+1 70,70');
    desktop.host.send('client-disconnected', {}, 'server');
    await until(() => buttons.at(-1) === '-1 70,70');
    assert.equal(await held(), 0);
    desktop.host.announce(true);
    put({ x: 80, y: 80 }, RIGHT);
    await until(() => buttons.at(-1) === '+3 80,80');
    desktop.session.kill('SIGTERM');
    await until(() => buttons.at(-1) === '-3 80,80');
    assert.equal(await held(), 0);
  });
});
