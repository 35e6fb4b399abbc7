import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { AXIS_MAX } from '#system-agent/pointer/input-event.ts';
import { pixelOf, placeOf } from '#system-agent/pointer/place.ts';
import { random } from '#test/support/random.ts';

function single(width: number, height: number): PointerLayout {
  return { width, height, displays: [{ id: 0, x: 0, y: 0, width, height }] };
}

/** How libinput's users come from an axis to a pixel: evdev.c, evdev_device_transform_x. */
const pixelAt = (value: number, size: number) => Math.floor((value * size) / (AXIS_MAX + 1));

describe('place of the pointer', () => {
  it('has the corners of the layout at the ends of the axes', () => {
    const layout = single(1920, 1080);
    assert.deepEqual(placeOf(layout, 0, 0, 0), { x: 0, y: 0 });
    assert.deepEqual(placeOf(layout, 0, 1919, 1079), { x: AXIS_MAX, y: AXIS_MAX });
  });

  for (const size of [1, 2, 3, 7, 640, 1008, 1366, 1920, 3840, 7680, 15_360]) {
    it(`comes out at every one of ${size} pixels again`, () => {
      for (let pixel = 0; pixel < size; pixel += Math.max(1, Math.floor(size / 5000))) {
        const place = placeOf(single(size, size), 0, pixel, 0);
        assert.ok(place !== undefined);
        assert.equal(pixelAt(place.x, size), pixel);
        assert.equal(Math.round((place.x * (size - 1)) / AXIS_MAX), pixel);
      }
    });
  }

  it('is relative to the display of that id, wherever it stands in the list', () => {
    const layout: PointerLayout = {
      width: 1824,
      height: 768,
      displays: [
        { id: 3, x: 1024, y: 100, width: 800, height: 600 },
        { id: 0, x: 0, y: 0, width: 1024, height: 768 },
      ],
    };
    const place = placeOf(layout, 3, 11, 22);
    assert.deepEqual(place && [pixelAt(place.x, 1824), pixelAt(place.y, 768)], [1035, 122]);
  });

  it('has the corners of every display of any layout where they are, to the pixel', () => {
    const below = random(20_261_122);
    for (let round = 0; round < 2000; round++) {
      const displays = Array.from({ length: 1 + below(4) }, (_, id) => {
        const size = { width: 1 + below(4096), height: 1 + below(2160) };
        return { id, x: below(8192), y: below(4096), ...size };
      });
      const width = Math.max(...displays.map((one) => one.x + one.width));
      const height = Math.max(...displays.map((one) => one.y + one.height));
      for (const { id, x, y, width: w, height: h } of displays) {
        for (const [left, top] of [
          [0, 0],
          [w - 1, 0],
          [0, h - 1],
          [w - 1, h - 1],
        ] as const) {
          const layout = { width, height, displays };
          assert.deepEqual(pixelOf(layout, id, left, top), { x: x + left, y: y + top });
          const place = placeOf(layout, id, left, top);
          assert.deepEqual(place && [pixelAt(place.x, width), pixelAt(place.y, height)], [x + left, y + top]);
        }
      }
    }
  });

  it('stays on its display however large the numbers of the host are', () => {
    const layout: PointerLayout = {
      width: 2000,
      height: 100,
      displays: [
        { id: 0, x: 0, y: 0, width: 1000, height: 100 },
        { id: 1, x: 1000, y: 0, width: 1000, height: 100 },
      ],
    };
    for (const far of [1000, 0x7fff_ffff, 0xffff_ffff]) {
      assert.equal(pixelAt(placeOf(layout, 0, far, far)?.x ?? -1, 2000), 999);
    }
  });

  it('is nowhere on a display that is unknown or switched off', () => {
    const layout: PointerLayout = {
      width: 800,
      height: 600,
      displays: [
        { id: 0, x: 0, y: 0, width: 800, height: 600 },
        { id: 1, x: 0, y: 0, width: 0, height: 0 },
      ],
    };
    assert.equal(placeOf(layout, 1, 0, 0), undefined);
    assert.equal(placeOf(layout, 255, 0, 0), undefined);
  });

  it('stays on the axes when a session sends a display beyond its own framebuffer', () => {
    const layout = { width: 10, height: 10, displays: [{ id: 0, x: 5000, y: 5000, width: 10, height: 10 }] };
    assert.deepEqual(placeOf(layout, 0, 5, 5), { x: AXIS_MAX, y: AXIS_MAX });
  });

  it('is the pixel that the host means on displays of any scale', () => {
    const below = random(51);
    for (let round = 0; round < 2000; round++) {
      let left = 0;
      const displays = Array.from({ length: 1 + below(3) }, (_, id) => {
        const pixels = { width: 320 + below(3520), height: 200 + below(1960) };
        const scale = [120, 150, 160, 180, 200, 240, 210][below(7)] ?? 120;
        const x = left;
        const [width, height] = [Math.round((pixels.width * 120) / scale), Math.round((pixels.height * 120) / scale)];
        left += width;
        return { pixels, factor: scale / 120, area: { id, x, y: below(500), width, height } };
      });
      const layout: PointerLayout = {
        width: left,
        height: Math.max(...displays.map(({ area }) => area.y + area.height)),
        displays: displays.map(({ area, factor }) =>
          factor === 1 ? area : { ...area, scale: Math.round(factor * 1_000_000) },
        ),
      };
      for (const { pixels, factor, area } of displays) {
        // Of a size that is no whole number of units the last pixels are outside of what compositors let the pointer reach.
        const at = {
          x: Math.min(below(pixels.width), Math.floor(area.width * factor) - 1),
          y: Math.min(below(pixels.height), Math.floor(area.height * factor) - 1),
        };
        const place = placeOf(layout, area.id, at.x, at.y);
        assert.ok(place);
        const unit = { x: (place.x * layout.width) / (AXIS_MAX + 1), y: (place.y * layout.height) / (AXIS_MAX + 1) };
        const pixel = { x: Math.floor((unit.x - area.x) * factor), y: Math.floor((unit.y - area.y) * factor) };
        assert.deepEqual(pixel, at, JSON.stringify({ layout, id: area.id }));
      }
    }
  });

  it('stays on a scaled display', () => {
    const displays = [
      { id: 0, x: 0, y: 0, width: 682, height: 384, scale: 1_500_000 },
      { id: 1, x: 682, y: 0, width: 800, height: 600 },
    ];
    const layout: PointerLayout = { width: 1482, height: 600, displays };
    for (const far of [1023, 1024, 0xffff_ffff]) {
      assert.equal(pixelAt(placeOf(layout, 0, far, 0)?.x ?? -1, 1482), 681);
      assert.deepEqual(pixelOf(layout, 0, far, far), { x: 681, y: 383 });
    }
  });
});
