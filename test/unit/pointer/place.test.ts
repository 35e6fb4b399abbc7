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
});
