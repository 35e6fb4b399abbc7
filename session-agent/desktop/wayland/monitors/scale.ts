import type { Size } from '../../../monitors/layout.ts';
import { turned } from './scene.ts';

/** What wp_fractional_scale counts in, and with it every compositor's settings. */
const PARTS = 120;

/**
 * The scale that a compositor means: it is told in 256ths, or only by what it leads to.
 * @param area in units of the layout, whole ones
 * @param told absent where nobody tells it
 */
export function scaleOf(size: Size, transform: number, area: Size, told?: number): number {
  const { width, height } = turned(size, transform);
  const about = told ?? width / area.width;
  const exact = Math.round(about * PARTS) / PARTS;
  const isIt = exact > 0 && Math.abs(width / exact - area.width) < 1 && Math.abs(height / exact - area.height) < 1;
  return isIt ? exact : about;
}
