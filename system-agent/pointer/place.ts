import type { PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { AXIS_MAX } from './input-event.ts';

export interface Place {
  readonly x: number;
  readonly y: number;
}

type Display = PointerLayout['displays'][number];

/**
 * Pixels of one display as units of the whole layout, which are pixels too unless it is scaled. Positions beyond the display
 * are at its edge: hosts send as many pixels as a display has, one too many.
 * @returns undefined for a display that is not there or switched off
 */
export function pixelOf(layout: PointerLayout, id: number, x: number, y: number): Place | undefined {
  const display = displayOf(layout, id);
  if (display === undefined) return undefined;
  const { width, height, scale } = display;
  return { x: display.x + Math.floor(within(x, width, scale)), y: display.y + Math.floor(within(y, height, scale)) };
}

/** The same as values of the device's axes, which span all displays. */
export function placeOf(layout: PointerLayout, id: number, x: number, y: number): Place | undefined {
  const display = displayOf(layout, id);
  if (display === undefined) return undefined;
  const { width, height, scale } = display;
  if (scale === undefined) {
    const pixel = { x: display.x + within(x, width), y: display.y + within(y, height) };
    return { x: onAxis(pixel.x, layout.width), y: onAxis(pixel.y, layout.height) };
  }
  const unit = { x: display.x + within(x, width, scale), y: display.y + within(y, height, scale) };
  return { x: betweenPixels(unit.x, layout.width), y: betweenPixels(unit.y, layout.height) };
}

function displayOf({ displays }: PointerLayout, id: number): Display | undefined {
  const display = displays.find((one) => one.id === id);
  return display === undefined || display.width === 0 || display.height === 0 ? undefined : display;
}

const MILLION = 1_000_000;

/** @returns units from the display's edge: whole ones, or, where it is scaled, the middle of the pixel */
function within(pixel: number, size: number, scale?: number): number {
  if (scale === undefined) return Math.min(pixel, size - 1);
  const half = MILLION / scale / 2;
  return Math.max(Math.min((pixel * MILLION) / scale + half, size - half), 0);
}

/**
 * The smallest value that comes out as `pixel` again: input stacks compute value × size / (AXIS_MAX + 1) and drop the
 * fraction, so that rounding would be one pixel short for every other pixel.
 */
function onAxis(pixel: number, size: number): number {
  if (size <= 1) return 0;
  return Math.min(Math.ceil((pixel * AXIS_MAX) / (size - 1)), AXIS_MAX);
}

/** Compositors keep the fraction, and half a unit may be a pixel. */
function betweenPixels(unit: number, size: number): number {
  return Math.min(Math.round((unit * (AXIS_MAX + 1)) / size), AXIS_MAX);
}
