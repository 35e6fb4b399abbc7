import type { Monitor } from '#protocol/ipc/messages/monitors.ts';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a screen can be, in pixels. */
export interface Limits {
  readonly minWidth: number;
  readonly minHeight: number;
  readonly maxWidth: number;
  readonly maxHeight: number;
}

export interface Arrangement {
  /** Of the screen around all monitors. */
  readonly width: number;
  readonly height: number;
  /** By output; undefined: switched off. Outputs beyond the list are switched off too. */
  readonly monitors: readonly (Rectangle | undefined)[];
}

/** Widths and places that every graphics device can do. */
const GRID = 8;

/**
 * A client's wish, made possible: widths and x on the grid, sizes within what the screen can be, the top left corner at
 * 0,0 and everything inside the largest screen. All numbers are the client's and below 2^32, so sums are exact.
 *
 * @param positioned false: the places mean nothing, monitors go side by side
 * @param outputs how many there are; further monitors are left out
 * @returns undefined if no monitor would be on
 */
export function arrange(
  wish: readonly Monitor[],
  positioned: boolean,
  limits: Limits,
  outputs: number,
): Arrangement | undefined {
  const sized = wish.slice(0, outputs).map((monitor) => fit(monitor, limits));
  if (sized.every((monitor) => monitor === undefined)) return undefined;
  const placed = shiftToOrigin(positioned ? sized : sideBySide(sized));
  const monitors = placed.map((monitor) => (monitor && isInside(monitor, limits) ? monitor : undefined));
  const on = monitors.filter((monitor) => monitor !== undefined);
  if (on.length === 0) return undefined;
  return {
    width: clamp(Math.max(...on.map(({ x, width }) => x + width)), limits.minWidth, limits.maxWidth),
    height: clamp(Math.max(...on.map(({ y, height }) => y + height)), limits.minHeight, limits.maxHeight),
    monitors,
  };
}

function fit(monitor: Monitor, limits: Limits): Rectangle | undefined {
  if (monitor.width === 0 || monitor.height === 0) return undefined;
  return {
    x: onGrid(monitor.x),
    y: monitor.y,
    width: onGrid(clamp(monitor.width, Math.ceil(limits.minWidth / GRID) * GRID || GRID, limits.maxWidth)),
    height: clamp(monitor.height, Math.max(limits.minHeight, 1), limits.maxHeight),
  };
}

function sideBySide(monitors: readonly (Rectangle | undefined)[]): (Rectangle | undefined)[] {
  let x = 0;
  return monitors.map((monitor) => {
    if (monitor === undefined) return undefined;
    const placed = { ...monitor, x, y: 0 };
    x += monitor.width;
    return placed;
  });
}

function shiftToOrigin(monitors: readonly (Rectangle | undefined)[]): (Rectangle | undefined)[] {
  const on = monitors.filter((monitor) => monitor !== undefined);
  const left = Math.min(...on.map(({ x }) => x));
  const top = Math.min(...on.map(({ y }) => y));
  return monitors.map((monitor) => monitor && { ...monitor, x: monitor.x - left, y: monitor.y - top });
}

function isInside({ x, y, width, height }: Rectangle, limits: Limits): boolean {
  return x + width <= limits.maxWidth && y + height <= limits.maxHeight;
}

function onGrid(value: number): number {
  return Math.floor(value / GRID) * GRID;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
