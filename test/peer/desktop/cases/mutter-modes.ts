import assert from 'node:assert/strict';
import { it } from 'node:test';
import { wayland } from '#session-agent/desktop/wayland/backend.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { silent } from '#shared/log/log.ts';
import { type Displays, type Mutter, startNestedMutter } from '#test/support/desktop/mutter.ts';
import type { Release } from '#test/support/desktop/release.ts';
import { runClient } from '#test/support/desktop/x-server.ts';

const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });
const placed = (...monitors: ReturnType<typeof at>[]) => ({ monitors, positioned: true });
const never = new AbortController().signal;
const DISPLAYS: Displays = { modes: ['1920x1080', '1280x800', '1024x768', '800x600'], scales: [1, 2] };

async function open(mutter: Mutter) {
  const bus = new BusClient([mutter.bus.socket], silent);
  await bus.start();
  const { monitors, pointerLayout, ...desktop } = await wayland.open({ env: mutter.env, bus, log: silent }, never);
  assert.ok(monitors && pointerLayout, JSON.stringify(desktop.lacks));
  return {
    ...{ monitors, layout: pointerLayout, seen: () => seenOf(mutter) },
    async [Symbol.asyncDispose]() {
      await desktop[Symbol.asyncDispose]();
      await bus.stop();
      await mutter[Symbol.asyncDispose]();
    },
  };
}

/** Another program's view of the displays that are on, by name: mode, place and scale. */
async function seenOf({ env }: Mutter): Promise<string[]> {
  const call = ['--dest', 'org.gnome.Mutter.DisplayConfig', '--object-path', '/org/gnome/Mutter/DisplayConfig'];
  const method = ['--method', 'org.gnome.Mutter.DisplayConfig.GetCurrentState'];
  const text = (await runClient(env, ['gdbus', 'call', '--session', ...call, ...method])).toString();
  const current = /\(\('([\w-]+)', '\w+(?:(?!\(\(').)*?\('(\d+x\d+)@[^']*'[^{}]*\{'is-current': <true>/g;
  const modes = new Map([...text.matchAll(current)].map(([, name = '', mode]) => [name, mode]));
  const logical = /\((-?\d+), (-?\d+), ([\d.]+), (?:uint32 )?\d, (?:true|false), \[\('([\w-]+)'/g;
  return [...text.matchAll(logical)]
    .toSorted(([, , , , one = ''], [, , , , other = '']) => one.localeCompare(other))
    .map(([, x, y, scale, name = '']) => `${modes.get(name)}+${x}+${y} x${Number(scale).toFixed(2)}`);
}

/**
 * Displays of Mutter that have several modes and scales, in units of the layout.
 * @param nextTo2 of the scales that 1280x800 has
 */
export function mutterModeCases(start: (displays: Displays) => Promise<Mutter>, nextTo2: number): void {
  it("have the mode of the client's size, else the largest that fits into it, else the smallest", async () => {
    await using session = await open(await start(DISPLAYS));
    const { monitors, seen } = session;
    assert.deepEqual(await seen(), ['1920x1080+0+0 x1.00', '1920x1080+1920+0 x2.00']);
    for (const [wish, had] of [
      [at(1280, 800), '1280x800'],
      [at(1279, 900), '1024x768'],
      [at(640, 480), '800x600'],
    ] as const) {
      const { width, height } = wish;
      const outcome = await monitors.configure(placed(wish, at(1920, 1080, width)));
      const why = `${had} for ${width}x${height}: the display has no such mode`;
      assert.deepEqual(outcome, { applied: true, ...(had !== `${width}x${height}` && { why }) });
      assert.deepEqual(await seen(), [`${had}+0+0 x1.00`, `1920x1080+${had.split('x')[0]}+0 x2.00`]);
    }
  });

  it('touch each other in units of the layout, with the scale that each has, or the nearest of the new mode', async () => {
    await using session = await open(await start(DISPLAYS));
    const { monitors, layout, seen } = session;
    assert.deepEqual(await monitors.configure(placed(at(1920, 1080, 1920), at(1920, 1080))), { applied: true });
    assert.deepEqual(await seen(), ['1920x1080+960+0 x1.00', '1920x1080+0+0 x2.00']);
    assert.deepEqual(await layout.read(), {
      ...{ width: 2880, height: 1080 },
      displays: [
        { id: 0, ...at(1920, 1080, 960) },
        { id: 1, ...at(960, 540), scale: 2_000_000 },
      ],
    });
    assert.deepEqual(await monitors.configure(placed(at(1280, 800, 1280), at(1280, 800))), { applied: true });
    const width = Math.round(1280 / nextTo2);
    assert.deepEqual(await seen(), [`1280x800+${width}+0 x1.00`, `1280x800+0+0 x${nextTo2.toFixed(2)}`]);
    const [first, second] = (await layout.read()).displays;
    assert.deepEqual(first, { id: 0, ...at(1280, 800, width) });
    assert.deepEqual({ ...second, scale: 0 }, { id: 1, ...at(width, Math.round(800 / nextTo2)), scale: 0 });
  });
}

/** The same where Mutter counts in pixels, which is where it has whole scales only. */
export function mutterPixelCase(release: () => Release): void {
  it('touch each other in pixels where Mutter counts them', async () => {
    await using session = await open(await startNestedMutter(DISPLAYS, 'pixels', release()));
    const { monitors, layout, seen } = session;
    assert.deepEqual(await monitors.configure(placed(at(1920, 1080), at(1920, 1080, 0, 1080))), { applied: true });
    assert.deepEqual(await seen(), ['1920x1080+0+0 x1.00', '1920x1080+0+1080 x2.00']);
    const { height, displays } = await layout.read();
    assert.equal(height, 2160);
    assert.deepEqual(displays[1], { id: 1, ...at(1920, 1080, 0, 1080) });
    assert.deepEqual(await monitors.configure(placed(at(1920, 1080), at(800, 600, 1920))), { applied: true });
    assert.deepEqual(await seen(), ['1920x1080+0+0 x1.00', '800x600+1920+0 x1.00']);
  });
}
