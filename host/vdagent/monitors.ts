import type { Capabilities } from '#protocol/vdagent/capabilities.ts';
import type { Monitor, MonitorsConfig } from '#protocol/vdagent/messages/monitors-config.ts';

/** As many as spice-gtk has slots for. */
export const MAX_MONITORS = 16;
const DEPTH = 32;
const DOTS_PER_INCH = 96;
const MILLIMETRES_PER_INCH = 25.4;
const OFF: Monitor = { width: 0, height: 0, x: 0, y: 0, depth: DEPTH };

/** A monitor that is wished for; without a position it stands to the right of the one before. */
export interface Wish {
  readonly width: number;
  readonly height: number;
  readonly position?: { readonly x: number; readonly y: number } | undefined;
}

/**
 * The message that spice-gtk makes of its monitors: all slots if the guest takes empty ones, otherwise those in use.
 *
 * @param withSizes adds sizes in millimetres, as newer versions of spice-gtk do
 */
export function layOut(wishes: readonly Wish[], guest: Capabilities, withSizes: boolean): MonitorsConfig {
  let right = 0;
  const placed = wishes.map(({ width, height, position }): Monitor => {
    if (width === 0 || height === 0) return OFF;
    const { x, y } = position ?? { x: right, y: 0 };
    right = Math.max(right, x + width);
    return {
      ...{ width, height, x, y, depth: DEPTH },
      ...(withSizes && { physical: { width: millimetres(width), height: millimetres(height) } }),
    };
  });
  const monitors = guest.has('sparse-monitors-config')
    ? [...placed, ...Array.from({ length: Math.max(0, MAX_MONITORS - placed.length) }, () => OFF)]
    : placed.filter(({ width }) => width > 0);
  return { hasPositions: true, monitors };
}

function millimetres(pixels: number): number {
  return Math.min(0xffff, Math.round((pixels / DOTS_PER_INCH) * MILLIMETRES_PER_INCH));
}
