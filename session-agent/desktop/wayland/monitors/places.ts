import type { Rectangle, Size } from '../../../monitors/layout.ts';

/**
 * Places for displays that have other sizes than those that were wished, or are counted in other units: edges that
 * touched touch again. What would overlap or fall apart then becomes a column if it was one, else a row.
 *
 * @param wished where they would be, by place in the list
 * @param sizes what each of them needs
 */
export function placesFor(wished: readonly Rectangle[], sizes: readonly Size[]): readonly Rectangle[] {
  const xs = alongEdges(spans(wished, 'x', 'width'), lengths(sizes, 'width'));
  const ys = alongEdges(spans(wished, 'y', 'height'), lengths(sizes, 'height'));
  const kept = sizes.map((size, at) => ({ ...size, x: xs[at] ?? 0, y: ys[at] ?? 0 }));
  return isWhole(kept) ? kept : isColumn(wished) ? column(wished, sizes) : row(wished, sizes);
}

/** No two overlap, and each can be reached from each over edges that touch. */
export function isWhole(areas: readonly Rectangle[]): boolean {
  const overlapping = areas.some((a, at) =>
    areas.slice(at + 1).some((b) => meet(a, b, 'x', 'width') && meet(a, b, 'y', 'height')),
  );
  if (overlapping) return false;
  const reached = new Set(areas.slice(0, 1));
  for (const area of reached) for (const other of areas) if (touch(area, other)) reached.add(other);
  return reached.size === areas.length;
}

type Start = 'x' | 'y';
type Length = 'width' | 'height';

interface Span {
  readonly start: number;
  readonly end: number;
}

function spans(areas: readonly Rectangle[], start: Start, length: Length): readonly Span[] {
  return areas.map((area) => ({ start: area[start], end: area[start] + area[length] }));
}

const lengths = (sizes: readonly Size[], length: Length) => sizes.map((size) => size[length]);

/** Starts by place in the list: behind what ended there, with what started there, else as far from the last one as before. */
function alongEdges(wished: readonly Span[], needed: readonly number[]): readonly number[] {
  const order = wished.map((span, at) => ({ ...span, at })).toSorted((a, b) => a.start - b.start || a.at - b.at);
  const starts: number[] = wished.map(() => 0);
  const startOf = (at: number) => starts[at] ?? 0;
  for (const [turn, { start, at }] of order.entries()) {
    const before = order.slice(0, turn);
    const last = before.at(-1);
    if (last === undefined) continue;
    const ends = before.filter(({ end }) => end === start).map((one) => startOf(one.at) + (needed[one.at] ?? 0));
    starts[at] = ends.length > 0 ? Math.max(...ends) : startOf(last.at) + start - last.start;
  }
  return starts;
}

function isColumn(areas: readonly Rectangle[]): boolean {
  const pairs = areas.flatMap((a, at) => areas.slice(at + 1).map((b) => [a, b] as const));
  return pairs.every(([a, b]) => meet(a, b, 'x', 'width') && !meet(a, b, 'y', 'height'));
}

const row = (wished: readonly Rectangle[], sizes: readonly Size[]) => inLine(wished, sizes, 'x', 'width');
const column = (wished: readonly Rectangle[], sizes: readonly Size[]) => inLine(wished, sizes, 'y', 'height');

function inLine(
  wished: readonly Rectangle[],
  sizes: readonly Size[],
  start: Start,
  length: Length,
): readonly Rectangle[] {
  const order = wished.map((area, at) => ({ key: area[start], at })).toSorted((a, b) => a.key - b.key || a.at - b.at);
  const areas = sizes.map((size) => ({ ...size, x: 0, y: 0 }));
  let next = 0;
  for (const { at } of order) {
    const area = areas[at];
    if (area === undefined) continue;
    area[start] = next;
    next += area[length];
  }
  return areas;
}

function meet(a: Rectangle, b: Rectangle, start: Start, length: Length): boolean {
  return a[start] < b[start] + b[length] && b[start] < a[start] + a[length];
}

function touch(a: Rectangle, b: Rectangle): boolean {
  const abut = (start: Start, length: Length) => a[start] + a[length] === b[start] || b[start] + b[length] === a[start];
  return (abut('x', 'width') && meet(a, b, 'y', 'height')) || (abut('y', 'height') && meet(a, b, 'x', 'width'));
}
