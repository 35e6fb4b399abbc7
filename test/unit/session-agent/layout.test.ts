import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { arrange } from '#session-agent/monitors/layout.ts';
import { random } from '#test/support/random.ts';

const limits = { minWidth: 8, minHeight: 8, maxWidth: 8192, maxHeight: 4096 };
const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });

describe('a layout of monitors', () => {
  it('has widths and places on a grid of 8, heights as they are', () => {
    assert.deepEqual(arrange([at(1015, 701)], true, limits, 1), {
      width: 1008,
      height: 701,
      monitors: [at(1008, 701)],
    });
  });

  it('begins at 0,0 wherever the client has it', () => {
    const layout = arrange([at(800, 600, -1024, -5), at(640, 480, 0, 0)], true, limits, 2);
    assert.deepEqual(layout?.monitors, [at(800, 600, 0, 0), at(640, 480, 1024, 5)]);
  });

  it('goes side by side when places mean nothing', () => {
    const layout = arrange([at(800, 600), at(0, 0), at(640, 480)], false, limits, 3);
    assert.deepEqual(layout?.monitors, [at(800, 600), undefined, at(640, 480, 800)]);
    assert.deepEqual([layout?.width, layout?.height], [1440, 600]);
  });

  it('leaves out monitors beyond the outputs, and is none when all are off', () => {
    assert.equal(arrange([at(800, 600), at(640, 480)], false, limits, 1)?.monitors.length, 1);
    assert.equal(arrange([at(0, 600), at(800, 0)], true, limits, 2), undefined);
    assert.equal(arrange([], true, limits, 2), undefined);
    assert.equal(arrange([at(800, 600)], true, limits, 0), undefined);
  });

  it('stays within the largest screen for every number that a client can send', () => {
    const numbers = [0, 1, 7, 8, 800, 4096, 65_535, 0x7fff_ffff];
    for (let seed = 1; seed <= 500; seed++) {
      const pick = random(seed);
      const number = () => numbers[pick(numbers.length)] ?? 0;
      const place = () => (pick(2) === 0 ? number() : -number() - 1);
      const wish = Array.from({ length: pick(5) }, () => at(number(), number(), place(), place()));
      const layout = arrange(wish, pick(2) === 0, limits, 4);
      for (const monitor of layout?.monitors ?? []) {
        if (monitor === undefined) continue;
        const { x, y, width, height } = monitor;
        assert.ok(x >= 0 && y >= 0 && width > 0 && height > 0, `seed ${seed}`);
        assert.ok(x % 8 === 0 && width % 8 === 0, `seed ${seed}`);
        assert.ok(x + width <= (layout?.width ?? 0) && y + height <= (layout?.height ?? 0), `seed ${seed}`);
      }
      if (layout) assert.ok(layout.width <= limits.maxWidth && layout.height <= limits.maxHeight, `seed ${seed}`);
    }
  });
});
