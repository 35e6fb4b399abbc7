import type { Arrangement, Rectangle } from '../../../monitors/layout.ts';
import { type Crtc, type Output, type ScreenState, usable } from './state.ts';

/** One output that shall show a rectangle. */
export interface Head {
  readonly output: Output;
  readonly crtc: Crtc;
  readonly area: Rectangle;
}

export interface Plan {
  readonly width: number;
  readonly height: number;
  readonly heads: readonly Head[];
  /** Must be off while the screen changes its size: no longer wanted, or not inside the new screen. */
  readonly off: readonly Crtc[];
  /** Nothing is to be changed. */
  readonly isPresent: boolean;
}

/** Which crtc shows what. Outputs keep their crtc; those without take a free one of theirs. */
export function planHeads(state: ScreenState, wanted: Arrangement): Plan {
  const heads: Head[] = [];
  const taken = new Set<number>();
  const outputs = usable(state.outputs);
  const pairs = outputs.flatMap((output, at) => {
    const area = wanted.monitors[at];
    return area === undefined ? [] : [{ output, area }];
  });
  const isMine = ({ crtc }: Output, id: number) => crtc === id;
  for (const { output, area } of pairs.sort((a, b) => Number(b.output.crtc !== 0) - Number(a.output.crtc !== 0))) {
    const mine = state.crtcs.find(({ id }) => isMine(output, id) && !taken.has(id));
    const free = state.crtcs.find(({ id, mode }) => mode === 0 && output.crtcs.includes(id) && !taken.has(id));
    const crtc = mine ?? free;
    if (crtc === undefined) continue;
    taken.add(crtc.id);
    heads.push({ output, crtc, area });
  }
  const off = state.crtcs.filter((crtc) => crtc.mode !== 0 && (!taken.has(crtc.id) || !isInside(crtc, wanted)));
  const isPresent =
    state.width === wanted.width &&
    state.height === wanted.height &&
    off.length === 0 &&
    heads.every(({ crtc, area }) => crtc.mode !== 0 && isSame(crtc, area));
  return { width: wanted.width, height: wanted.height, heads, off, isPresent };
}

function isInside(crtc: Rectangle, screen: { readonly width: number; readonly height: number }): boolean {
  return crtc.x + crtc.width <= screen.width && crtc.y + crtc.height <= screen.height;
}

function isSame(crtc: Rectangle, { x, y, width, height }: Rectangle): boolean {
  return crtc.x === x && crtc.y === y && crtc.width === width && crtc.height === height;
}
