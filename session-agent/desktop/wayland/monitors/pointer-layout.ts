import { MAX_MONITORS, type PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import type { LocatedDisplay } from '../../../monitors/display-ids.ts';
import { headsByDisplay } from './plan.ts';
import type { Scene } from './scene.ts';

/**
 * Where the displays are on the plane that compositors map an absolute pointing device to: the box around all of them,
 * in units of the layout, from its top left corner on.
 */
export function pointerLayoutOf({ heads, units }: Scene, located: readonly LocatedDisplay[]): PointerLayout {
  const areas = heads.flatMap(({ shown }) => (shown === undefined ? [] : [shown.area]));
  if (areas.length === 0) return { width: 0, height: 0, displays: [] };
  const left = Math.min(...areas.map(({ x }) => x));
  const top = Math.min(...areas.map(({ y }) => y));
  const displays = headsByDisplay(heads, located).flatMap((head, id): PointerLayout['displays'] => {
    if (head?.shown === undefined) return [];
    const { area, scale } = head.shown;
    const { width, height } = area;
    const isScaled = units === 'logical' && scale !== 1;
    return [{ id, x: area.x - left, y: area.y - top, width, height, ...(isScaled && { scale: inMillionths(scale) }) }];
  });
  return {
    width: Math.max(...areas.map(({ x, width }) => x + width)) - left,
    height: Math.max(...areas.map(({ y, height }) => y + height)) - top,
    displays: displays.slice(0, MAX_MONITORS),
  };
}

const inMillionths = (scale: number) => Math.round(scale * 1_000_000);
