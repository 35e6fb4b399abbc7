import type { PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { AXIS_MAX } from './input-event.ts';

export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Pixels of one display as pixels of the whole framebuffer. Positions beyond the display are at its edge: hosts send as
 * many pixels as a display has, one too many.
 * @returns undefined for a display that is not there or switched off
 */
export function pixelOf({ displays }: PointerLayout, id: number, x: number, y: number): Place | undefined {
  const display = displays.find((one) => one.id === id);
  if (display === undefined || display.width === 0 || display.height === 0) return undefined;
  return { x: display.x + Math.min(x, display.width - 1), y: display.y + Math.min(y, display.height - 1) };
}

/** The same as values of the device's axes, which span all displays. */
export function placeOf(layout: PointerLayout, id: number, x: number, y: number): Place | undefined {
  const pixel = pixelOf(layout, id, x, y);
  return pixel && { x: onAxis(pixel.x, layout.width), y: onAxis(pixel.y, layout.height) };
}

/**
 * The smallest value that comes out as `pixel` again: input stacks compute value × size / (AXIS_MAX + 1) and drop the
 * fraction, so that rounding would be one pixel short for every other pixel.
 */
function onAxis(pixel: number, size: number): number {
  if (size <= 1) return 0;
  return Math.min(Math.ceil((pixel * AXIS_MAX) / (size - 1)), AXIS_MAX);
}
