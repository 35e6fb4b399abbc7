import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWhole, placesFor } from '#session-agent/desktop/wayland/monitors/places.ts';
import type { Rectangle, Size } from '#session-agent/monitors/layout.ts';
import { random } from '#test/support/random.ts';

const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });

describe('places of displays with other sizes than were wished', () => {
  it('are the wished ones where nothing else is', () => {
    const wished = [at(1024, 768), at(800, 600, 1024, 100), at(640, 480, 1024, 700)];
    assert.deepEqual(placesFor(wished, wished), wished);
  });

  it('leave no gap where a display is smaller', () => {
    const sizes = [at(1000, 700), at(800, 600)];
    assert.deepEqual(placesFor([at(1024, 768), at(800, 600, 1024)], sizes), [at(1000, 700), at(800, 600, 1000)]);
    assert.deepEqual(placesFor([at(800, 600, 1024), at(1024, 768)], sizes.toReversed()), [
      at(800, 600, 1000),
      at(1000, 700),
    ]);
  });

  it('stay one above the other', () => {
    assert.deepEqual(placesFor([at(1024, 768), at(800, 600, 100, 768)], [at(512, 384), at(800, 600)]), [
      at(512, 384),
      at(800, 600, 100, 384),
    ]);
    assert.deepEqual(placesFor([at(1024, 768, 0, 2000), at(800, 600, 100)], [at(512, 384), at(800, 600)]), [
      at(512, 384, 0, 600),
      at(800, 600),
    ]);
  });

  it('stay an L', () => {
    const wished = [at(1000, 800), at(1000, 800, 1000), at(1000, 600, 1000, 800)];
    const sizes = [at(500, 400), at(1000, 800), at(1000, 600)];
    assert.deepEqual(placesFor(wished, sizes), [at(500, 400), at(1000, 800, 500), at(1000, 600, 500, 800)]);
  });

  it('are a row for displays that show the same, or are far from each other', () => {
    const sizes = [at(800, 600), at(640, 480)];
    assert.deepEqual(placesFor([at(800, 600), at(640, 480)], sizes), [at(800, 600), at(640, 480, 800)]);
    assert.deepEqual(placesFor([at(800, 600, 5000), at(640, 480)], sizes), [at(800, 600, 640), at(640, 480)]);
  });

  it('are always whole and begin at 0,0', () => {
    const below = random(11);
    for (let round = 0; round < 1_000; round++) {
      const count = 1 + below(5);
      const size = (): Size => ({ width: 8 + below(300) * 8, height: 8 + below(2000) });
      const wished: readonly Rectangle[] = Array.from({ length: count }, (_, index) => ({
        ...size(),
        x: index === 0 ? 0 : below(4) * 800,
        y: index === 0 ? 0 : below(3) * 600,
      }));
      const sizes = wished.map((wish) => (below(2) === 0 ? { width: wish.width, height: wish.height } : size()));
      const areas = placesFor(wished, sizes);
      assert.ok(isWhole(areas), JSON.stringify({ wished, sizes, areas }));
      assert.deepEqual(
        areas.map(({ width, height }) => ({ width, height })),
        sizes,
      );
      assert.equal(Math.min(...areas.map(({ x }) => x)), 0, JSON.stringify({ wished, sizes, areas }));
      assert.equal(Math.min(...areas.map(({ y }) => y)), 0);
    }
  });
});
