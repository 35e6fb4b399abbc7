import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Monitor } from '#protocol/ipc/messages/monitors.ts';
import { X11Monitors } from '#session-agent/desktop/x11/monitors/monitors.ts';
import { silent } from '#shared/log/log.ts';
import { FakeScreen } from '#test/fakes/randr.ts';
import { random } from '#test/support/random.ts';

const at = (width: number, height: number, x = 0, y = 0): Monitor => ({ width, height, x, y });
const placed = (...monitors: readonly Monitor[]) => ({ monitors, positioned: true });

const SIZES = [
  [1024, 768],
  [800, 600],
  [1920, 1200],
] as const;

async function opened(screen: FakeScreen): Promise<X11Monitors> {
  return X11Monitors.open(screen.connection, silent);
}

describe('crtcs', () => {
  it("come from the outputs' own lists, so that as many outputs as possible are on", async () => {
    const screen = new FakeScreen({ outputs: { A: [1, 2, 3], B: [1], C: [1, 2] }, sizes: SIZES });
    const monitors = await opened(screen);
    screen.light('A', 1, 0);
    const wish = placed(at(800, 600), at(800, 600, 800), at(800, 600, 1600));
    assert.deepEqual(await monitors.configure(wish), { applied: true });
    assert.deepEqual(screen.heads, ['A 800x600+0+0', 'B 800x600+800+0', 'C 800x600+1600+0']);
    assert.deepEqual(
      screen.outputs.map(({ crtc }) => crtc),
      [3, 1, 2],
    );
    assert.deepEqual(screen.faults, []);
  });

  it('are taken from outputs that go off where there are no others', async () => {
    const screen = new FakeScreen({ outputs: { A: [1], B: [1] }, sizes: SIZES });
    const monitors = await opened(screen);
    screen.light('A', 1, 0);
    assert.deepEqual(await monitors.configure(placed(at(0, 0), at(800, 600))), { applied: true });
    assert.deepEqual(screen.heads, ['B 800x600+0+0']);
    const both = await monitors.configure(placed(at(800, 600), at(800, 600, 800)));
    assert.deepEqual(both, { applied: true, why: '1 of 2 monitors: there is no place for more' });
    assert.deepEqual(screen.faults, []);
  });

  it('that drive two outputs are parted', async () => {
    const screen = new FakeScreen({ outputs: { A: [1, 2], B: [1, 2] }, sizes: SIZES });
    const monitors = await opened(screen);
    screen.light('A', 1, 0);
    screen.light('B', 1, 0);
    const [first] = screen.crtcs;
    if (first !== undefined) first.output = screen.outputs.map(({ id }) => id);
    assert.deepEqual(await monitors.configure(placed(at(800, 600), at(1920, 1200, 800))), { applied: true });
    assert.deepEqual(screen.heads, ['A 800x600+0+0', 'B 1920x1200+800+0']);
    assert.deepEqual(screen.faults, []);
  });
});

describe('a wish that cannot be had', () => {
  const made = () => {
    const screen = new FakeScreen({ outputs: { A: [1, 2], B: [1, 2] }, sizes: SIZES });
    screen.light('A', 1, 0);
    screen.light('B', 2, 1, 1024);
    screen.width = 1824;
    return screen;
  };

  it('leaves everything as it was, whichever request fails, and no mode behind', async () => {
    const wish = placed(at(1000, 700, 640), at(640, 480));
    const whole = made();
    await (await opened(whole)).configure(wish);
    for (let failing = 1; failing <= whole.changes; failing++) {
      const screen = made();
      const before = screen.shown;
      const monitors = await opened(screen);
      screen.failFrom = failing;
      screen.failUntil = failing + 1;
      const { applied, why } = await monitors.configure(wish);
      assert.equal(applied, false, `${failing}`);
      assert.ok(why);
      assert.deepEqual(screen.shown, before, `request ${failing} of ${whole.changes}`);
      assert.deepEqual(screen.faults, []);
      assert.equal(screen.modes.length, SIZES.length);
      // Not again, until there was another wish.
      const { changes } = screen;
      assert.deepEqual(await monitors.configure(wish), { applied, why });
      assert.equal(screen.changes, changes);
      await monitors.configure(placed(at(800, 600)));
      assert.deepEqual(await monitors.configure(wish), { applied: true });
    }
  });

  it('is the largest mode of its own that needs no more room, for a single monitor', async () => {
    const screen = made();
    const monitors = await opened(screen);
    screen.failFrom = 1; // no mode can be made
    screen.failUntil = 2;
    const outcome = await monitors.configure(placed(at(1600, 1000)));
    assert.equal(outcome.applied, true);
    assert.match(outcome.why ?? '', /^1024x768 instead, which is the nearest: /);
    assert.deepEqual(screen.heads, ['A 1024x768+0+0']);
    assert.deepEqual(screen.faults, []);
  });
});

const NUMBERS = [0, 1, 8, 640, 800, 1015, 1024, 4096, 0x7fff_ffff];

it('no request is ever one that the server must refuse, whatever clients send and whatever fails (seeded)', async () => {
  for (let seed = 1; seed <= 120; seed++) {
    const pick = random(seed);
    const some = (numbers: readonly number[]) => numbers.filter(() => pick(3) > 0);
    const outputs = Object.fromEntries(
      ['A', 'B', 'C', 'D'].slice(0, 1 + pick(4)).map((name) => [name, [...new Set([1 + pick(3), ...some([1, 2, 3])])]]),
    );
    const screen = new FakeScreen({ outputs, sizes: SIZES, maxSize: 4096 });
    const monitors = await opened(screen);
    for (let step = 0; step < 6; step++) {
      const number = () => NUMBERS[pick(NUMBERS.length)] ?? 0;
      const place = () => (pick(3) === 0 ? -number() : number());
      const wish = Array.from({ length: pick(6) }, () => at(number(), number(), place(), place()));
      for (const output of screen.outputs) output.connected = pick(4) > 0;
      const isFailing = pick(4) === 0;
      screen.failFrom = isFailing ? screen.changes + 1 + pick(6) : Number.POSITIVE_INFINITY;
      screen.failUntil = screen.failFrom + 1;
      const before = screen.shown;
      const { applied } = await monitors.configure({ monitors: wish, positioned: pick(2) === 0 });
      assert.deepEqual(screen.faults, [], `seed ${seed}, step ${step}: ${JSON.stringify(wish)}`);
      if (!applied) assert.deepEqual(screen.shown, before, `seed ${seed}, step ${step}`);
      const shownModes = new Set(screen.crtcs.map(({ mode }) => mode));
      const left = screen.modes.filter(({ id, name }) => name.startsWith('uga-') && !shownModes.has(id));
      assert.deepEqual(left, [], `seed ${seed}, step ${step}`);
    }
  }
});

describe('a display device', () => {
  it('is told apart from a real monitor, and followed to the pixel', async () => {
    const screen = new FakeScreen({ outputs: { 'Virtual-1': [1], 'HDMI-1': [2] }, sizes: SIZES });
    const monitors = await opened(screen);
    screen.light('Virtual-1', 1, 0);
    screen.prefer('Virtual-1', 1234, 701);
    screen.prefer('HDMI-1', 1111, 701);
    const { states } = await monitors.look();
    assert.deepEqual(
      states.map(({ preferred }) => preferred?.width),
      [1234, undefined],
    );
    assert.deepEqual(await monitors.configure(placed(at(1234, 701), at(0, 0)), 'device'), { applied: true });
    assert.deepEqual(screen.heads, ['Virtual-1 1234x701+0+0']);
    assert.deepEqual(screen.faults, []);
    assert.equal(
      screen.modes.some(({ name }) => name.startsWith('uga-')),
      false,
    );
  });
});
