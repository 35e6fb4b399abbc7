import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WaylandMonitors } from '#session-agent/desktop/wayland/monitors/monitors.ts';
import { DisplayConfig } from '#session-agent/desktop/wayland/monitors/mutter/display-config.ts';
import { parseState } from '#session-agent/desktop/wayland/monitors/mutter/state.ts';
import { arrangerOf } from '#session-agent/monitors/arrangers.ts';
import type { Call, Value } from '#shared/dbus/values.ts';
import { AgentError } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';
import { FakeBus } from '#test/fakes/bus.ts';

const NAME = 'org.gnome.Mutter.DisplayConfig';
const spec = (name: string) => [name, 'Red Hat\u0000', 'QEMU Monitor', '0x01'];
const mode = (width: number, height: number, ...told: [string, boolean][]) =>
  [`${width}x${height}@60`, width, height, 59.96, 1, [1, 1.25, 1.5, 2], new Map(told)] as const;
const modesWith = (current: number) => [
  mode(1920, 1080, ['is-preferred', true], ['is-current', current === 1920]),
  mode(1024, 768, ['is-current', current === 1024]),
  mode(800, 600, ['is-current', current === 800]),
];

/** The answer of Mutter with two displays, the first of them on. @param current width of what it shows */
const state = (serial: number, scale = 1, layoutMode = 1, transform = 0, current = 1024): Value[] => [
  serial,
  [
    [spec('Virtual-2'), [mode(1024, 768)], new Map()],
    [spec('Virtual-1'), modesWith(current), new Map([['is-builtin', false]])],
  ],
  [[0, 0, scale, transform, true, [spec('Virtual-1')], new Map()]],
  new Map([['layout-mode', layoutMode]]),
];

describe('what Mutter tells of its displays', () => {
  it('is displays by name, with modes, and what they show in units of the layout', () => {
    const { serial, scene } = parseState(state(7, 1.25));
    assert.equal(serial, 7);
    assert.equal(scene.units, 'logical');
    assert.deepEqual(
      scene.heads.map(({ name, isPrimary, shown }) => [name, isPrimary, shown?.area]),
      [
        ['Virtual-1', true, { x: 0, y: 0, width: 819, height: 614 }],
        ['Virtual-2', false, undefined],
      ],
    );
    assert.deepEqual(scene.heads[0]?.modes[0], {
      ...{ id: '1920x1080@60', width: 1920, height: 1080, refresh: 59_960, isPreferred: true },
      ...{ preferredScale: 1, scales: [1, 1.25, 1.5, 2] },
    });
  });

  it('is in pixels in the physical layout mode, and turned displays have their sides swapped', () => {
    assert.deepEqual(parseState(state(1, 2, 2)).scene.heads[0]?.shown?.area, { x: 0, y: 0, width: 1024, height: 768 });
    assert.deepEqual(parseState(state(1, 2, 1, 3)).scene.heads[0]?.shown?.area, {
      x: 0,
      y: 0,
      width: 384,
      height: 512,
    });
  });

  it('is refused when it is not that, and without monitors it is not Mutter', () => {
    const [, monitors, logical, told] = state(1);
    const wrong: Value[][] = [
      [],
      [1, monitors ?? '', logical ?? ''],
      [-1, monitors ?? '', logical ?? '', told ?? ''],
      [1, 'monitors', logical ?? '', told ?? ''],
      [1, Array(65).fill([spec('A-1'), [], new Map()]), [], new Map()],
      [1, [[spec('A-1'), [['x', 0, 600, 60, 1, [], new Map()]], new Map()]], [], new Map()],
      [1, [[spec('A-1'), [['x', 800, 600, Number.NaN, 1, [], new Map()]], new Map()]], [], new Map()],
    ];
    for (const body of wrong) assert.throws(() => parseState(body), { code: 'malformed' });
    assert.throws(() => parseState([1, [], [], new Map()]), { code: 'unsupported' });
  });
});

/** A Mutter whose displays have changed `stale` times between looking and asking. */
function mutter(stale: number, refusal = new AgentError('refused', 'based on stale information')) {
  const bus = new FakeBus();
  const applied: Call[] = [];
  let serial = 1;
  let current = 1024;
  bus.answer = (call) => {
    if (call.member === 'NameHasOwner') return [true];
    if (call.member === 'GetCurrentState') return state(serial, 1, 1, 0, current);
    applied.push(call);
    if (applied.length > stale && stale >= 0) {
      current = wish.monitors[0].width;
      return [];
    }
    if (stale > 0) serial++;
    throw refusal;
  };
  return { applied, monitors: new WaylandMonitors(new DisplayConfig(bus), silent) };
}

const wish = { monitors: [{ width: 800, height: 600, x: 0, y: 0 }] as const, positioned: true };

describe('a layout for Mutter', () => {
  it('is asked for until the next change, based on what was seen', async () => {
    const { applied, monitors } = mutter(0);
    assert.deepEqual(await monitors.configure(wish), { applied: true });
    const [serial, method, logical] = applied[0]?.body ?? [];
    assert.deepEqual([serial, method], [1, 1]);
    assert.deepEqual(logical, [[0, 0, 1, 0, true, [['Virtual-1', '800x600@60', new Map()]]]]);
  });

  it('is planned anew when the displays have changed meanwhile, and not for ever', async () => {
    const some = mutter(2);
    assert.deepEqual(await some.monitors.configure(wish), { applied: true });
    assert.deepEqual(
      some.applied.map(({ body }) => body?.[0]),
      [1, 2, 3],
    );
    const all = mutter(1_000);
    assert.deepEqual(await all.monitors.configure(wish), { applied: false, why: 'the displays change all the time' });
    assert.equal(all.applied.length, 4);
  });

  it('that is refused is told, and the same wish is not tried again', async () => {
    const { applied, monitors } = mutter(-1, new AgentError('failed', 'Scale 1 not valid for resolution'));
    const denied = { applied: false, why: 'Scale 1 not valid for resolution' };
    for (let times = 0; times < 3; times++) assert.deepEqual(await monitors.configure(wish), denied);
    assert.equal(applied.length, 1);
    await monitors.configure({ ...wish, monitors: [{ width: 1920, height: 1080, x: 0, y: 0 }] });
    assert.equal(applied.length, 2);
  });
});

describe('who arranges displays', () => {
  const owned = (serving: () => readonly Value[]) => {
    const bus = new FakeBus();
    bus.answer = ({ member, body }) => (member === 'NameHasOwner' ? [body?.[0] === NAME] : serving());
    return arrangerOf(bus, 'wayland');
  };

  it('is GNOME where its name shows monitors, also when it does not answer in time', async () => {
    assert.equal(await owned(() => state(1)), 'GNOME');
    const late = () => {
      throw new AgentError('timeout', 'no answer');
    };
    assert.equal(await owned(late), 'GNOME');
  });

  it('is KDE Plasma on X11, and nobody on its Wayland, where KWin does not always', async () => {
    const bus = new FakeBus();
    bus.answer = ({ body }) => [body?.[0] === 'org.kde.KWin'];
    assert.equal(await arrangerOf(bus, 'x11'), 'KDE Plasma');
    assert.equal(await arrangerOf(bus, 'wayland'), undefined);
  });

  it('is nobody where another compositor has the name and shows none', async () => {
    assert.equal(await owned(() => [1, [], [], new Map()]), undefined);
  });
});
