import type { Monitor } from '#protocol/ipc/messages/monitors.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
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
  /** By their place in the wish; undefined: switched off. Those beyond the list are switched off too. */
  readonly monitors: readonly (Rectangle | undefined)[];
}

export interface Terms {
  /** False: the places mean nothing, monitors go side by side. */
  readonly positioned: boolean;
  readonly limits: Limits;
  /** Widths and x are multiples of it. */
  readonly grid?: number;
}

/** What every graphics device can do. */
const GRID = 8;

/** What is left of a monitor that is cut off at the end of the screen: with less of it nobody can do anything. */
const LEAST: Size = { width: 320, height: 200 };

/**
 * A client's wish, or the nearest to it that is possible: widths and x on the grid, sizes within what the screen can be,
 * the top left corner at 0,0 and everything inside the largest screen. Places that lead beyond that are given up for a row
 * in the same order, whose last monitors are cut, and off if nothing is left. All numbers are the client's and
 * below 2^32, so sums are exact.
 *
 * @returns undefined if no monitor would be on
 */
export function arrange(wish: readonly Monitor[], { positioned, limits, grid = GRID }: Terms): Arrangement | undefined {
  const sized = wish.map((monitor) => fit(monitor, limits, grid));
  const placed = positioned ? shiftToOrigin(sized) : inRow(sized, () => 0);
  const isPossible = placed.every((monitor) => monitor === undefined || isInside(monitor, limits));
  const within = isPossible ? placed : inRow(sized, ({ x }) => (positioned ? x : 0));
  const monitors = within.map((monitor) => monitor && cut(monitor, limits, grid));
  const on = monitors.filter((monitor) => monitor !== undefined);
  if (on.length === 0) return undefined;
  return {
    width: clamp(Math.max(...on.map(({ x, width }) => x + width)), limits.minWidth, limits.maxWidth),
    height: clamp(Math.max(...on.map(({ y, height }) => y + height)), limits.minHeight, limits.maxHeight),
    monitors,
  };
}

/** The one with the most pixels that needs no more room than the wish. */
export function largestWithin(sizes: readonly Size[], wish: Size): Size | undefined {
  const fitting = sizes.filter(({ width, height }) => width <= wish.width && height <= wish.height);
  return fitting.toSorted((a, b) => b.width * b.height - a.width * a.height)[0];
}

function fit(monitor: Monitor, limits: Limits, grid: number): Rectangle | undefined {
  if (monitor.width === 0 || monitor.height === 0) return undefined;
  const least = Math.max(Math.ceil(limits.minWidth / grid) * grid, grid);
  return {
    x: onGrid(monitor.x, grid),
    y: monitor.y,
    width: onGrid(clamp(monitor.width, least, limits.maxWidth), grid),
    height: clamp(monitor.height, Math.max(limits.minHeight, 1), limits.maxHeight),
  };
}

type Row = readonly (Rectangle | undefined)[];

/** @param key monitors go from left to right by it, and by their place in the list where it is the same */
function inRow(monitors: Row, key: (monitor: Rectangle) => number): Row {
  const order = monitors.flatMap((monitor, at) => (monitor === undefined ? [] : [{ monitor, at }]));
  order.sort((a, b) => key(a.monitor) - key(b.monitor) || a.at - b.at);
  const row: (Rectangle | undefined)[] = monitors.map(() => undefined);
  let x = 0;
  for (const { monitor, at } of order) {
    row[at] = { ...monitor, x, y: 0 };
    x += monitor.width;
  }
  return row;
}

function shiftToOrigin(monitors: Row): Row {
  const on = monitors.filter((monitor) => monitor !== undefined);
  const left = Math.min(...on.map(({ x }) => x));
  const top = Math.min(...on.map(({ y }) => y));
  return monitors.map((monitor) => monitor && { ...monitor, x: monitor.x - left, y: monitor.y - top });
}

function cut(monitor: Rectangle, limits: Limits, grid: number): Rectangle | undefined {
  if (isInside(monitor, limits)) return monitor;
  const width = Math.min(monitor.width, onGrid(limits.maxWidth - monitor.x, grid));
  const height = Math.min(monitor.height, limits.maxHeight - monitor.y);
  return width < LEAST.width || height < LEAST.height ? undefined : { ...monitor, width, height };
}

function isInside({ x, y, width, height }: Rectangle, limits: Limits): boolean {
  return x + width <= limits.maxWidth && y + height <= limits.maxHeight;
}

function onGrid(value: number, grid: number): number {
  return Math.floor(value / grid) * grid;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
