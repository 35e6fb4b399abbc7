import { type Arrangement, largestWithin, type Rectangle } from '../../../monitors/layout.ts';
import { type Crtc, crtcOf, isOurs, type Output, type ScreenState } from './state.ts';

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
  /** Must be off while the screen changes its size: no longer wanted, not inside the new screen, or to serve another output. */
  readonly off: readonly Crtc[];
  /** Nothing is to be changed. */
  readonly isPresent: boolean;
}

/**
 * Which crtc shows what.
 * @param displays the output of each monitor of the arrangement
 */
export function planHeads(
  state: ScreenState,
  wanted: Arrangement,
  displays: readonly (Output | undefined)[] = state.outputs,
): Plan {
  const pairs = displays.flatMap((output, at) => {
    const area = wanted.monitors[at];
    return output === undefined || area === undefined ? [] : [{ output, area }];
  });
  const crtcs = assignCrtcs(
    state.crtcs,
    pairs.map(({ output }) => output),
  );
  const heads = pairs.flatMap(({ output, area }) => {
    const crtc = state.crtcs.find(({ id }) => id === crtcs.get(output));
    return crtc === undefined ? [] : [{ output, crtc, area }];
  });
  const stays = (crtc: Crtc) =>
    isInside(crtc, wanted) &&
    heads.some((head) => head.crtc === crtc && crtc.output.length === 1 && crtc.output[0] === head.output.id);
  const off = state.crtcs.filter((crtc) => crtc.mode !== 0 && !stays(crtc));
  const isPresent =
    state.width === wanted.width &&
    state.height === wanted.height &&
    off.length === 0 &&
    heads.every(({ crtc, area }) => crtc.mode !== 0 && isSame(crtc, area));
  return { width: wanted.width, height: wanted.height, heads, off, isPresent };
}

/**
 * For a single monitor that could not have the size of the plan: the largest one that its output has a mode of its own for.
 * @returns undefined where there is none, or for several monitors
 */
export function nearestPlan(state: ScreenState, { heads }: Plan): Plan | undefined {
  const [head] = heads;
  if (head === undefined || heads.length > 1) return undefined;
  const { output, area } = head;
  const own = state.modes.filter((mode) => output.modes.includes(mode.id) && !isOurs(mode));
  const size = largestWithin(
    own.filter(({ width, height }) => width !== area.width || height !== area.height),
    area,
  );
  if (size === undefined) return undefined;
  const { width, height } = size;
  return planHeads(state, { width, height, monitors: [{ x: 0, y: 0, width, height }] }, [output]);
}

/**
 * A crtc for as many outputs as can have one, each from its own list. Outputs keep theirs unless another one would have none,
 * and idle crtcs are taken before those of outputs that go off. Source: Kuhn's algorithm for bipartite matching.
 */
function assignCrtcs(crtcs: readonly Crtc[], outputs: readonly Output[]): ReadonlyMap<Output, number> {
  const holders = new Map<number, Output>();
  for (const output of outputs) {
    const crtc = crtcOf({ crtcs }, output);
    if (crtc !== undefined && !holders.has(crtc.id)) holders.set(crtc.id, output);
  }
  const isLit = (id: number) => crtcs.some((crtc) => crtc.id === id && crtc.mode !== 0);
  const place = (output: Output, tried: Set<number>): boolean => {
    for (const id of output.crtcs.toSorted((a, b) => Number(isLit(a)) - Number(isLit(b)))) {
      if (tried.has(id)) continue;
      tried.add(id);
      const holder = holders.get(id);
      if (holder !== undefined && !place(holder, tried)) continue;
      holders.set(id, output);
      return true;
    }
    return false;
  };
  const kept = new Set(holders.values());
  for (const output of outputs) if (!kept.has(output)) place(output, new Set());
  return new Map(Array.from(holders, ([id, output]) => [output, id]));
}

function isInside(crtc: Rectangle, screen: { readonly width: number; readonly height: number }): boolean {
  return crtc.x + crtc.width <= screen.width && crtc.y + crtc.height <= screen.height;
}

function isSame(crtc: Rectangle, { x, y, width, height }: Rectangle): boolean {
  return crtc.x === x && crtc.y === y && crtc.width === width && crtc.height === height;
}
