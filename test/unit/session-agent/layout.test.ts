import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Monitor } from '#protocol/ipc/messages/monitors.ts';
import { type Arrangement, arrange, largestWithin, type Rectangle } from '#session-agent/monitors/layout.ts';
import { random } from '#test/support/random.ts';

/** The largest width is not on the grid. */
const limits = { minWidth: 8, minHeight: 8, maxWidth: 8190, maxHeight: 4095 };
const placed = { positioned: true, limits };
const unplaced = { positioned: false, limits };
const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });

describe('a layout of monitors', () => {
  it('has widths and places on a grid of 8, heights as they are', () => {
    assert.deepEqual(arrange([at(1015, 701)], placed), { width: 1008, height: 701, monitors: [at(1008, 701)] });
  });

  it('has the very sizes of a device', () => {
    const layout = arrange([at(1234, 701), at(641, 480, 1234)], { ...placed, grid: 1 });
    assert.deepEqual(layout?.monitors, [at(1234, 701), at(641, 480, 1234)]);
  });

  it('begins at 0,0 wherever the client has it', () => {
    const layout = arrange([at(800, 600, -1024, -5), at(640, 480, 0, 0)], placed);
    assert.deepEqual(layout?.monitors, [at(800, 600, 0, 0), at(640, 480, 1024, 5)]);
  });

  it('goes side by side when places mean nothing, past those that are off', () => {
    const layout = arrange([at(800, 600, 7, 7), at(0, 0), at(640, 480, 7, 7)], unplaced);
    assert.deepEqual(layout?.monitors, [at(800, 600), undefined, at(640, 480, 800)]);
    assert.deepEqual([layout?.width, layout?.height], [1440, 600]);
  });

  it('is none when all are off', () => {
    assert.equal(arrange([at(0, 600), at(800, 0)], placed), undefined);
    assert.equal(arrange([], placed), undefined);
  });

  it('is a row in the same order where the places lead beyond the largest screen', () => {
    const layout = arrange([at(800, 600, 900_000, 5), at(640, 480, 0, 0)], placed);
    assert.deepEqual(layout?.monitors, [at(800, 600, 640), at(640, 480)]);
  });

  it('cuts what does not fit into a row, and leaves out what nobody could use', () => {
    const layout = arrange([at(5000, 5000), at(5000, 600), at(640, 480)], unplaced);
    assert.deepEqual(layout, { width: 8184, height: 4095, monitors: [at(5000, 4095), at(3184, 600, 5000), undefined] });
  });

  it('adds what a client counts in 32 bits without wrapping', () => {
    const layout = arrange([at(0x7fff_ffff, 600, 0x7fff_ffff), at(800, 600, -0x8000_0000)], placed);
    assert.deepEqual(layout?.monitors, [at(7384, 600, 800), at(800, 600)]);
  });
});

const NUMBERS = [0, 1, 7, 8, 640, 800, 1015, 4096, 65_535, 0x7fff_ffff];

interface Case {
  readonly wish: readonly Monitor[];
  readonly positioned: boolean;
  readonly layout: Arrangement | undefined;
  readonly seed: string;
}

/** Every number that a client can send, in every mixture. */
function* cases(count: number): Generator<Case> {
  for (let seed = 1; seed <= count; seed++) {
    const pick = random(seed);
    const number = () => NUMBERS[pick(NUMBERS.length)] ?? 0;
    const place = () => (pick(2) === 0 ? number() : -number() - 1);
    const wish = Array.from({ length: pick(6) }, () => at(number(), number(), place(), place()));
    const positioned = pick(2) === 0;
    yield { wish, positioned, layout: arrange(wish, { positioned, limits }), seed: `seed ${seed}` };
  }
}

const on = ({ monitors }: Arrangement) => monitors.filter((monitor) => monitor !== undefined);
const overlap = (a: Rectangle, b: Rectangle) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const haveOverlap = (all: readonly Rectangle[]) => all.some((a, i) => all.slice(i + 1).some((b) => overlap(a, b)));

describe('every layout, whatever the client sends', () => {
  it('is within the largest screen, on the grid, and as large as what is in it', () => {
    for (const { layout, seed } of cases(2000)) {
      if (layout === undefined) continue;
      assert.ok(layout.width <= limits.maxWidth && layout.height <= limits.maxHeight, seed);
      for (const { x, y, width, height } of on(layout)) {
        assert.ok(x >= 0 && y >= 0 && width > 0 && height > 0, seed);
        assert.ok(x % 8 === 0 && width % 8 === 0, seed);
        assert.ok(x + width <= layout.width && y + height <= layout.height, seed);
      }
      assert.ok(
        on(layout).some(({ x, width }) => x + width === layout.width),
        seed,
      );
    }
  });

  it('has a monitor on if one was wished, none that was not, and touches 0,0 at both edges', () => {
    for (const { wish, layout, seed } of cases(2000)) {
      const wished = wish.map(({ width, height }) => width > 0 && height > 0);
      assert.equal(layout !== undefined, wished.includes(true), seed);
      if (layout === undefined) continue;
      assert.ok(
        layout.monitors.every((monitor, index) => monitor === undefined || wished[index]),
        seed,
      );
      assert.ok(on(layout).length > 0, seed);
      assert.equal(Math.min(...on(layout).map(({ x }) => x)), 0, seed);
      assert.equal(Math.min(...on(layout).map(({ y }) => y)), 0, seed);
    }
  });

  it('lays no monitor over another that the client had beside it', () => {
    for (const { wish, positioned, layout, seed } of cases(2000)) {
      if (layout === undefined) continue;
      const wished = wish.filter(({ width, height }) => width > 0 && height > 0);
      if (positioned && haveOverlap(wished)) continue;
      // A size of 1 becomes 8: only those that are as large as the grid can keep apart.
      if (positioned && wished.some(({ width, height }) => width < 8 || height < 8)) continue;
      assert.ok(!haveOverlap(on(layout)), seed);
    }
  });

  it('leaves a possible wish as it is, and its own results', () => {
    for (const { layout, seed } of cases(2000)) {
      if (layout === undefined) continue;
      const again = layout.monitors.map((monitor) => monitor ?? at(0, 0));
      assert.deepEqual(arrange(again, placed), layout, seed);
    }
  });
});

it('the largest size within a wish needs no more room than it in either direction', () => {
  const sizes = [at(640, 480), at(1024, 768), at(1920, 200), at(3840, 2160)];
  assert.deepEqual(largestWithin(sizes, at(2560, 1440)), at(1024, 768));
  assert.equal(largestWithin(sizes, at(600, 400)), undefined);
});
