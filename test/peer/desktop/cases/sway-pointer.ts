import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { wlSeat } from '#protocol/wayland/core.ts';
import { creates, type Interface } from '#protocol/wayland/interface.ts';
import { wayland } from '#session-agent/desktop/wayland/backend.ts';
import { WaylandConnection } from '#session-agent/desktop/wayland/connection.ts';
import { Registry } from '#session-agent/desktop/wayland/registry.ts';
import { silent } from '#shared/log/log.ts';
import { AXIS_MAX } from '#system-agent/pointer/input-event.ts';
import { placeOf } from '#system-agent/pointer/place.ts';
import type { Sway } from '#test/support/desktop/sway.ts';
import { QUIET } from '#test/support/desktop/toolkit.ts';
import { runClient } from '#test/support/desktop/x-server.ts';
import { Program, until } from '#test/support/programs.ts';
import { random } from '#test/support/random.ts';

const never = new AbortController().signal;

/** wlr-virtual-pointer-unstable-v1.xml: sway treats it as it does devices, which a test may not make. */
const virtualPointer = {
  name: 'zwlr_virtual_pointer_v1',
  version: 1,
  requests: {
    motion: { args: { time: 'uint', dx: 'fixed', dy: 'fixed' } },
    motion_absolute: { args: { time: 'uint', x: 'uint', y: 'uint', x_extent: 'uint', y_extent: 'uint' } },
    button: { args: { time: 'uint', button: 'uint', state: 'uint' } },
    axis: { args: { time: 'uint', axis: 'uint', value: 'fixed' } },
    frame: { args: {} },
  },
  events: {},
} as const satisfies Interface;
const virtualPointers = {
  name: 'zwlr_virtual_pointer_manager_v1',
  version: 1,
  requests: { create_virtual_pointer: { args: { seat: 'object?', id: creates(virtualPointer) } } },
  events: {},
} as const satisfies Interface;

/** Three displays of as many scales. */
export const SCALED = [
  'xwayland disable',
  'default_border none',
  'output HEADLESS-1 resolution 1200x900 position 0 0 scale 1.5',
  'output HEADLESS-2 resolution 1000x700 position 800 0 scale 1',
  'output HEADLESS-3 resolution 1600x1200 position 0 700 scale 2',
];

/** The pointer is on the pixel that the host means, on each of them. @param sway with `SCALED` */
export async function pointsToThePixel(sway: Sway): Promise<void> {
  for (let more = 0; more < 2; more++) await runClient(sway.env, ['swaymsg', 'create_output']);
  await using desktop = await wayland.open({ env: sway.env, log: silent }, never);
  const layout = await desktop.pointerLayout?.read();
  assert.equal(layout?.displays.length, 3);
  using connection = WaylandConnection.open(sway.socket, silent);
  const registry = await Registry.of(connection);
  const seat = registry.bindFirst(wlSeat);
  const pointer = registry.bindFirst(virtualPointers).send('create_virtual_pointer', { seat });
  const script = 'test/support/desktop/pointer-gtk.py';
  await using client = new Program(['/usr/bin/python3', script], { ...sway.env, ...QUIET, GDK_BACKEND: 'wayland' });
  await until(() => client.stdout.split('covers').length === 4, 'every display to be covered');

  const seen = (scale: number) => {
    const [at, x, y] = client.stdout.trimEnd().split('\n').at(-1)?.split(' ') ?? [];
    return `${at}: ${Math.floor(Number(x) * scale)},${Math.floor(Number(y) * scale)}`;
  };
  const move = ({ x, y }: { readonly x: number; readonly y: number }) => {
    pointer.send('motion_absolute', { time: 0, x, y, x_extent: AXIS_MAX + 1, y_extent: AXIS_MAX + 1 });
    pointer.send('frame', {});
  };
  const below = random(4);
  for (const display of layout.displays) {
    const scale = (display.scale ?? 1_000_000) / 1_000_000;
    const [width, height] = [Math.round(display.width * scale), Math.round(display.height * scale)];
    const pixels = [
      { x: 0, y: 0 },
      { x: width - 1, y: height - 1 },
      ...Array.from({ length: 20 }, () => ({ x: below(width), y: below(height) })),
    ];
    for (const pixel of pixels) {
      const place = placeOf(layout, display.id, pixel.x, pixel.y);
      assert.ok(place);
      const wanted = `${display.x},${display.y}: ${pixel.x},${pixel.y}`;
      // A pointer that is there already is not told again, and a window may come under it a little late.
      for (let times = 0; times < 20 && seen(scale) !== wanted; times++) {
        if (times > 0) move({ x: AXIS_MAX - place.x, y: AXIS_MAX - place.y });
        move(place);
        for (let waited = 0; waited < 50 && seen(scale) !== wanted; waited++) await sleep(5);
      }
      assert.equal(seen(scale), wanted);
    }
  }
}
