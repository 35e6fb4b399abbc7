import type { MonitorsConfigure } from '#protocol/ipc/messages/monitors.ts';
import type { Rectangle, Size } from './layout.ts';

/** One output as the display server has it. */
export interface OutputState {
  readonly isConnected: boolean;
  /** The size that the host has given its display; absent where there is a real monitor. */
  readonly preferred?: Size;
  /** Where the host wants it. */
  readonly suggested?: { readonly x: number; readonly y: number };
  /** What it shows; absent: it is off. */
  readonly now?: Rectangle;
}

/** Sizes that the host had given, by the output's place in the list. */
export type Preferences = ReadonlyMap<number, Size>;

export function preferencesOf(outputs: readonly OutputState[]): Preferences {
  return new Map(
    outputs.flatMap(({ isConnected, preferred }, at) => (isConnected && preferred ? [[at, preferred]] : [])),
  );
}

/**
 * What the outputs should show after a change at the host: those with a new preferred size that size, those that are gone
 * nothing, the others what they do. They keep their order from left to right unless the host suggests places for all.
 *
 * @param known what the host had given when it was last looked at
 * @returns by output, with places; undefined when nothing is to be done
 */
export function followed(known: Preferences, outputs: readonly OutputState[]): MonitorsConfigure | undefined {
  const wanted = outputs.map((output, at) => sizeFor(output, known.get(at)));
  const isSame = outputs.every(({ now }, at) => sameSize(now, wanted[at]));
  if (isSame || wanted.every((size) => size === undefined)) return undefined;
  const places = suggestedPlaces(outputs, wanted) ?? row(outputs, wanted);
  return {
    positioned: true,
    monitors: wanted.map((size, at) => ({ width: 0, height: 0, x: 0, y: 0, ...size, ...(size && places.get(at)) })),
  };
}

function sizeFor({ isConnected, preferred, now }: OutputState, known: Size | undefined): Size | undefined {
  if (isConnected && preferred !== undefined && !sameSize(preferred, known)) return preferred;
  const hasGone = !isConnected && known !== undefined;
  return hasGone || now === undefined ? undefined : { width: now.width, height: now.height };
}

type Place = { readonly x: number; readonly y: number };
type Sizes = readonly (Size | undefined)[];

/** @returns undefined unless each that will be on has one of its own: drivers without a word say 0,0 */
function suggestedPlaces(outputs: readonly OutputState[], wanted: Sizes): ReadonlyMap<number, Place> | undefined {
  const places = new Map<number, Place>();
  for (const [at, { suggested }] of outputs.entries()) {
    if (wanted[at] === undefined) continue;
    if (suggested === undefined) return undefined;
    places.set(at, suggested);
  }
  const distinct = new Set([...places.values()].map(({ x, y }) => `${x},${y}`));
  return distinct.size === places.size ? places : undefined;
}

function row(outputs: readonly OutputState[], wanted: Sizes): ReadonlyMap<number, Place> {
  const order = wanted.flatMap((size, at) => (size === undefined ? [] : [{ at, size, x: outputs[at]?.now?.x }]));
  order.sort((a, b) => (a.x ?? Number.MAX_SAFE_INTEGER) - (b.x ?? Number.MAX_SAFE_INTEGER) || a.at - b.at);
  const places = new Map<number, Place>();
  let x = 0;
  for (const { at, size } of order) {
    places.set(at, { x, y: 0 });
    x += size.width;
  }
  return places;
}

function sameSize(a: Size | undefined, b: Size | undefined): boolean {
  return a?.width === b?.width && a?.height === b?.height;
}
