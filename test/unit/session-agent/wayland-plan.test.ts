import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWhole } from '#session-agent/desktop/wayland/monitors/places.ts';
import { planScene } from '#session-agent/desktop/wayland/monitors/plan.ts';
import { pointerLayoutOf } from '#session-agent/desktop/wayland/monitors/pointer-layout.ts';
import { byName, type Head, inUnits, type Mode, type Scene } from '#session-agent/desktop/wayland/monitors/scene.ts';
import { random } from '#test/support/random.ts';

const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });
const OFF = at(0, 0);
const client = { of: 'client', located: [], anySize: true } as const;
const placed = (...monitors: ReturnType<typeof at>[]) => ({ monitors, positioned: true });

const mode = (width: number, height: number, more: Partial<Mode> = {}): Mode => ({
  ...{ id: `${width}x${height}`, width, height, refresh: 60_000, isPreferred: false },
  ...more,
});

/** A display that is on, in its first mode. */
function head(name: string, modes: readonly Mode[], x: number, more: Partial<Head> = {}, scale = 1): Head {
  const [{ width, height } = at(0, 0)] = modes;
  const size = { width, height };
  const area = { x, y: 0, ...inUnits(size, scale, 0, 'logical') };
  const shown = { area, size, scale, transform: 0, ...(modes[0] && { modeId: modes[0].id }) };
  return { name, modes, takesAnySize: false, isPrimary: x === 0, shown, ...more };
}

const switchedOff = ({ shown: _, ...off }: Head): Head => off;

const logical = (...heads: Head[]): Scene => ({ heads, units: 'logical' });
const sizesOf = (plan: ReturnType<typeof planScene>) =>
  plan?.settings.map(({ head: { name }, size }) => `${name} ${size.width}x${size.height}`);

describe('a layout that a compositor can have', () => {
  const modes = [mode(1024, 768), mode(1920, 1080), mode(800, 600), mode(640, 480)];

  it('has the very mode, else the largest that fits into the window, else the smallest', () => {
    const scene = logical(head('A-1', modes, 0));
    assert.deepEqual(sizesOf(planScene(scene, placed(at(800, 600)), client)), ['A-1 800x600']);
    const lesser = planScene(scene, placed(at(1100, 799)), client);
    assert.deepEqual(sizesOf(lesser), ['A-1 1024x768']);
    assert.equal(lesser?.why, '1024x768 for 1100x799: the display has no such mode');
    assert.deepEqual(sizesOf(planScene(scene, placed(at(300, 200)), client)), ['A-1 640x480']);
  });

  it('has the mode of that size that is on, else the preferred one, else the fastest', () => {
    const [slow, fast, liked] = [
      mode(800, 600, { id: 'slow' }),
      mode(800, 600, { id: 'fast', refresh: 75_000 }),
      mode(800, 600, { id: 'liked', isPreferred: true }),
    ];
    const idOf = (...all: Mode[]) =>
      planScene(logical(head('A-1', [mode(1024, 768), ...all], 0)), placed(at(800, 600)), client)?.settings[0]?.mode
        ?.id;
    assert.equal(idOf(slow, fast), 'fast');
    assert.equal(idOf(slow, fast, liked), 'liked');
    const on = planScene(logical(head('A-1', [slow, fast, liked], 0)), placed(at(800, 600)), client);
    assert.equal(on?.settings[0]?.mode?.id, 'slow');
  });

  it('has any size where the display takes it, in steps of 8, and an odd one where it has a mode', () => {
    const free = logical(head('A-1', [mode(1024, 768), mode(1366, 768)], 0, { takesAnySize: true }));
    assert.deepEqual(sizesOf(planScene(free, placed(at(1234, 701)), client)), ['A-1 1232x701']);
    assert.equal(planScene(free, placed(at(1234, 701)), client)?.why, undefined);
    assert.deepEqual(sizesOf(planScene(free, placed(at(1366, 768)), client)), ['A-1 1366x768']);
    assert.deepEqual(sizesOf(planScene(free, placed(at(1234, 701)), { ...client, of: 'device' })), ['A-1 1234x701']);
    assert.deepEqual(sizesOf(planScene(free, placed(at(1234, 801)), { ...client, anySize: false })), ['A-1 1024x768']);
  });

  it('keeps the scale, or has the nearest that the mode allows', () => {
    const scales = [1, 1.25, 1.5, 2];
    const scene = logical(
      head('A-1', [mode(1920, 1080, { scales }), mode(800, 600, { scales: [1, 1.6] })], 0, {}, 1.5),
    );
    const [kept] = planScene(scene, placed(at(1920, 1080)), client)?.settings ?? [];
    assert.deepEqual([kept?.scale, kept?.area], [1.5, at(1280, 720)]);
    const [other] = planScene(scene, placed(at(800, 600)), client)?.settings ?? [];
    assert.deepEqual([other?.scale, other?.area], [1.6, at(500, 375)]);
  });

  it('is counted in pixels where the compositor does', () => {
    const scene: Scene = { heads: [head('A-1', modes, 0, {}, 2), head('A-2', modes, 1024)], units: 'pixels' };
    const plan = planScene(scene, placed(at(1024, 768), at(800, 600, 1024)), client);
    assert.deepEqual(
      plan?.settings.map(({ area }) => area),
      [at(1024, 768), at(800, 600, 1024)],
    );
  });

  it('has displays beside it that the host does not count, as they are', () => {
    const own = head(
      'HDMI-A-1',
      [mode(1600, 900, { id: 'own' }), mode(1600, 900, { id: 'fast', refresh: 75_000 })],
      0,
      {},
      2,
    );
    const scene = logical(own, head('Virtual-1', modes, 800), switchedOff(head('HDMI-A-2', modes, 0)));
    const located = [{ id: 0, connector: 'Virtual-1', output: 0 }];
    const plan = planScene(scene, placed(at(800, 600)), { ...client, located });
    assert.deepEqual(
      plan?.settings.map(({ head: { name }, mode: chosen, scale, area }) => [name, chosen?.id, scale, area]),
      [
        ['Virtual-1', '800x600', 1, at(800, 600)],
        ['HDMI-A-1', 'own', 2, at(800, 450, 800)],
      ],
    );
    assert.equal(plan?.why, undefined);
    assert.deepEqual(
      plan?.off.map(({ name }) => name),
      ['HDMI-A-2'],
    );
  });

  it('leaves alone what is there already', () => {
    const scene = logical(head('A-1', modes, 0), head('A-2', modes, 1024));
    assert.equal(planScene(scene, placed(at(1024, 768), at(1024, 768, 1024)), client)?.isPresent, true);
    assert.equal(planScene(scene, placed(at(1024, 768), at(1024, 768, 0, 768)), client)?.isPresent, false);
    assert.equal(planScene(scene, placed(at(1024, 768)), client)?.isPresent, false);
  });

  it('has one primary display, the same one while it is on', () => {
    const scene = logical(head('A-1', modes, 0, { isPrimary: false }), head('A-2', modes, 1024, { isPrimary: true }));
    const primary = (...wish: ReturnType<typeof at>[]) =>
      planScene(scene, placed(...wish), client)?.settings.flatMap((one) => (one.isPrimary ? [one.head.name] : []));
    assert.deepEqual(primary(at(800, 600), at(800, 600, 800)), ['A-2']);
    assert.deepEqual(primary(at(800, 600), OFF), ['A-1']);
  });

  it('is none where nothing would be on, and says what there is no place for', () => {
    const scene = logical(head('A-1', modes, 0));
    assert.equal(planScene(scene, placed(OFF), client), undefined);
    assert.equal(planScene(logical(), placed(at(800, 600)), client), undefined);
    assert.equal(
      planScene(
        logical({ name: 'A-1', modes: [], takesAnySize: false, isPrimary: false }),
        placed(at(800, 600)),
        client,
      ),
      undefined,
    );
    const plan = planScene(scene, placed(at(800, 600), at(800, 600, 800)), client);
    assert.equal(plan?.why, '1 of 2 monitors: there is no place for more');
  });

  it('is whole for any wish and any displays', () => {
    const below = random(50);
    const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
    const number = () => pick([0, 1, 7, 320, 640, 800, 1015, 1024, 1920, 4096, 65_535, 0x7fff_ffff]);
    for (let round = 0; round < 2_000; round++) {
      const heads = byName(
        Array.from({ length: 1 + below(4) }, (_, index) => {
          const own = Array.from({ length: below(4) }, () => mode(320 + below(300) * 8, 200 + below(1500)));
          const made = head(`A-${index + 1}`, own, 0, { takesAnySize: below(2) === 0 }, pick([1, 1.25, 1.5, 2]));
          return own.length === 0 || below(3) === 0 ? switchedOff(made) : made;
        }),
      );
      const scene: Scene = { heads, units: pick(['pixels', 'logical'] as const) };
      const monitors = Array.from({ length: below(6) }, () =>
        at(number(), number(), pick([-1, 1]) * number(), pick([-1, 1]) * number()),
      );
      const wish = { monitors, positioned: below(2) === 0 };
      const plan = planScene(scene, wish, { ...client, anySize: below(4) > 0 });
      if (plan === undefined) continue;
      const areas = plan.settings.map(({ area }) => area);
      const told = JSON.stringify({ scene, wish, areas });
      assert.ok(isWhole(areas), told);
      assert.deepEqual([Math.min(...areas.map(({ x }) => x)), Math.min(...areas.map(({ y }) => y))], [0, 0], told);
      assert.equal(plan.settings.filter(({ isPrimary }) => isPrimary).length, 1);
      assert.equal(plan.settings.length + plan.off.length, heads.length);
      for (const { head: one, mode: chosen, size, area } of plan.settings) {
        assert.ok(chosen === undefined ? one.takesAnySize : one.modes.includes(chosen), told);
        assert.ok(size.width > 0 && size.height > 0 && area.width > 0 && area.height > 0, told);
      }
    }
  });
});

describe('where the pointer finds displays', () => {
  const modes = [mode(1024, 768)];

  it('is told in units of the layout, with the scale, from the corner of all that are on', () => {
    const off = switchedOff(head('A-9', modes, 0));
    const scene = logical(head('A-1', modes, -512, {}, 2), head('A-2', modes, 0), off);
    assert.deepEqual(pointerLayoutOf(scene, []), {
      width: 1536,
      height: 768,
      displays: [
        { id: 0, ...at(512, 384), scale: 2_000_000 },
        { id: 1, ...at(1024, 768, 512) },
      ],
    });
  });

  it('is told in pixels where the compositor counts in those', () => {
    const shown = { area: at(1024, 768), size: { width: 1024, height: 768 }, scale: 2, transform: 0 };
    const scene: Scene = { heads: [head('A-1', modes, 0, { shown })], units: 'pixels' };
    assert.deepEqual(pointerLayoutOf(scene, []).displays, [{ id: 0, ...at(1024, 768) }]);
  });

  it('is told by the numbers of the host, also where its connectors have other names', () => {
    const scene = logical(head('HDMI-1', modes, 0), head('Virtual-0', modes, 1024), head('Virtual-1', modes, 2048));
    const located = [
      { id: 5, connector: 'Virtual-1', output: 0 },
      { id: 3, connector: 'HDMI-A-1', output: 0 },
    ];
    assert.deepEqual(
      pointerLayoutOf(scene, located).displays.map(({ id, x }) => [id, x]),
      [
        [3, 0],
        [5, 2048],
      ],
    );
  });

  it('is nowhere while all are off', () => {
    assert.deepEqual(pointerLayoutOf(logical(), []), { width: 0, height: 0, displays: [] });
  });
});
