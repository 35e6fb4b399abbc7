import type { MonitorsConfigure } from '#protocol/ipc/messages/monitors.ts';
import { type LocatedDisplay, type NamedOutput, outputNamed, outputsByDisplay } from '../../../monitors/display-ids.ts';
import { arrange, type Rectangle, type Size } from '../../../monitors/layout.ts';
import type { WishOf } from '../../backend.ts';
import { placesFor } from './places.ts';
import { type Head, inUnits, type Mode, type Plan, type Scene, type Setting } from './scene.ts';

/** Widths that graphics devices can do where the size is ours to choose. */
const GRID = 8;
/** No compositor says what its screen can be; coordinates beyond are of no device. */
const LIMITS = { minWidth: 8, minHeight: 8, maxWidth: 32_767, maxHeight: 32_767 };

export interface Terms {
  readonly of: WishOf;
  /** Which displays the wish counts. Those that it does not count keep what they show, beside the others. */
  readonly located: readonly LocatedDisplay[];
  /** Sizes that no mode has may be asked for where the display takes them. */
  readonly anySize: boolean;
}

/**
 * A wish as a layout that the compositor can have: sizes of existing modes unless the display takes any, the scale and the
 * turn of each display as they are, the primary display the same one.
 *
 * @returns undefined if no display would be on
 */
export function planScene(
  scene: Scene,
  { monitors, positioned }: MonitorsConfigure,
  { of, located, anySize }: Terms,
): Plan | undefined {
  const displays = headsByDisplay(scene.heads, located);
  const arranged = arrange(monitors.slice(0, displays.length), { positioned, limits: LIMITS, grid: 1 });
  const wanted = displays.flatMap((head, at): readonly Wanted[] => {
    const wish = arranged?.monitors[at];
    if (head === undefined || wish === undefined) return [];
    const chosen = choose(head, wish, of, anySize);
    return chosen === undefined ? [] : [{ head, wish, ...chosen }];
  });
  if (wanted.length === 0) return undefined;
  wanted.push(
    ...keptBeside(
      wanted,
      scene.heads.filter((head) => !displays.includes(head)),
    ),
  );
  const areas = placesFor(
    wanted.map(({ wish }) => wish),
    wanted.map(({ size, scale, transform }) => inUnits(size, scale, transform, scene.units)),
  );
  const primary = wanted.find(({ head }) => head.isPrimary) ?? wanted[0];
  const settings = wanted.flatMap(({ wish: _, ...one }, at): readonly Setting[] => {
    const area = areas[at];
    return area === undefined ? [] : [{ ...one, area, isPrimary: one.head === primary?.head }];
  });
  const why = shortfall(
    monitors,
    wanted.filter(({ head }) => displays.includes(head)),
    of,
  );
  return {
    settings,
    off: scene.heads.filter((head) => !settings.some((setting) => setting.head === head)),
    isPresent: isPresent(scene, settings),
    ...(why !== undefined && { why }),
  };
}

type Choice = Pick<Setting, 'size' | 'mode' | 'scale' | 'transform'>;

interface Wanted extends Choice {
  readonly head: Head;
  /** What the client has, in its pixels. */
  readonly wish: Rectangle;
}

/** @param located empty: the order of the list */
export function headsByDisplay(
  heads: readonly Head[],
  located: readonly LocatedDisplay[],
): readonly (Head | undefined)[] {
  // Compositors list only what is connected.
  const outputs = heads.map((head) => ({ name: head.name, isConnected: true, head }));
  return outputsByDisplay(outputs, located, named).map((output) => output?.head);
}

/** Monitors of another graphics device, say: what the host does not count is none of its. */
function keptBeside(wanted: readonly Wanted[], others: readonly Head[]): readonly Wanted[] {
  let x = Math.max(...wanted.map(({ wish }) => wish.x + wish.width));
  return others.flatMap((head): readonly Wanted[] => {
    if (head.shown === undefined) return [];
    const { size, scale, transform, modeId } = head.shown;
    const mode = head.modes.find(({ id }) => id === modeId);
    const wish = { ...size, x, y: 0 };
    x += size.width;
    return [{ head, wish, size, scale, transform, ...(mode && { mode }) }];
  });
}

/** Most compositors call connectors as the kernel does. */
function named<O extends NamedOutput>(outputs: readonly O[], connector: string): O | undefined {
  return outputs.find(({ name }) => name === connector) ?? outputNamed(outputs, connector);
}

/** @returns undefined for a display that has no modes and takes no size */
function choose({ modes, takesAnySize, shown }: Head, wish: Size, of: WishOf, anySize: boolean): Choice | undefined {
  const transform = shown?.transform ?? 0;
  const { width, height } = wish;
  const exact = modes.filter((mode) => mode.width === width && mode.height === height);
  if (exact.length === 0 && takesAnySize && anySize) {
    const size = { width: of === 'client' ? Math.max(Math.floor(width / GRID), 1) * GRID : width, height };
    return { size, scale: shown?.scale ?? 1, transform };
  }
  const mode = bestOf(exact.length > 0 ? exact : nearest(modes, wish), shown?.modeId);
  if (mode === undefined) return undefined;
  const scale = nearestScale(mode, shown?.scale ?? mode.preferredScale ?? 1);
  return { size: { width: mode.width, height: mode.height }, mode, scale, transform };
}

/** The largest that fits into the client's window; the smallest if none does. All modes of that size. */
function nearest(modes: readonly Mode[], wish: Size): readonly Mode[] {
  const bySize = modes.toSorted((a, b) => b.width * b.height - a.width * a.height);
  const size = bySize.find(({ width, height }) => width <= wish.width && height <= wish.height) ?? bySize.at(-1);
  return modes.filter(({ width, height }) => width === size?.width && height === size.height);
}

/** The one that is on, else the preferred one, else the fastest. */
function bestOf(modes: readonly Mode[], now: Mode['id'] | undefined): Mode | undefined {
  const rank = ({ id, isPreferred }: Mode) => (id === now ? 2 : isPreferred ? 1 : 0);
  return modes.toSorted((a, b) => rank(b) - rank(a) || b.refresh - a.refresh)[0];
}

function nearestScale({ scales }: Mode, scale: number): number {
  const far = (one: number) => Math.abs(one - scale);
  return scales?.toSorted((a, b) => far(a) - far(b))[0] ?? scale;
}

function isPresent({ heads }: Scene, settings: readonly Setting[]): boolean {
  const isSame = (a: Rectangle, b: Rectangle) =>
    a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
  const stays = ({ head, size, area }: Setting) =>
    head.shown !== undefined &&
    head.shown.size.width === size.width &&
    head.shown.size.height === size.height &&
    isSame(head.shown.area, area);
  return heads.filter(({ shown }) => shown !== undefined).length === settings.length && settings.every(stays);
}

function shortfall(monitors: MonitorsConfigure['monitors'], had: readonly Wanted[], of: WishOf): string | undefined {
  const wished = monitors.filter(({ width, height }) => width > 0 && height > 0).length;
  if (had.length < wished) return `${had.length} of ${wished} monitors: there is no place for more`;
  const grid = of === 'client' ? GRID : 1;
  const other = had.find(({ wish, size }) => wish.height !== size.height || Math.abs(wish.width - size.width) >= grid);
  if (other === undefined) return undefined;
  const { wish, size } = other;
  return `${size.width}x${size.height} for ${wish.width}x${wish.height}: the display has no such mode`;
}
