import type { Rectangle, Size } from '../../../monitors/layout.ts';

/** A size that a display can show. */
export interface Mode extends Size {
  /** What the compositor calls it. */
  readonly id: number | string;
  /** Pictures in a thousand seconds; 0: not known. */
  readonly refresh: number;
  readonly isPreferred: boolean;
  /** Scales that the compositor allows with it; absent: any. */
  readonly scales?: readonly number[];
  /** The scale that the compositor would choose. */
  readonly preferredScale?: number;
}

/** What a display shows. */
export interface Shown {
  /** In units of the layout. */
  readonly area: Rectangle;
  /** In pixels, before it is turned. */
  readonly size: Size;
  readonly scale: number;
  /** As wl_output.transform: quarter turns, and 4 more where it is a mirror image. */
  readonly transform: number;
  /** Absent: the size is of no mode. */
  readonly modeId?: Mode['id'];
}

/** One display of a compositor. */
export interface Head {
  /** The connector's name. */
  readonly name: string;
  readonly modes: readonly Mode[];
  /** Sizes that no mode has can be asked for. */
  readonly takesAnySize: boolean;
  readonly isPrimary: boolean;
  /** Absent: it is off. */
  readonly shown?: Shown;
  /** The size that the host has given the device; absent where there is a real monitor, or nobody tells. */
  readonly preferred?: Size;
}

/** All displays at one moment, by name. */
export interface Scene {
  readonly heads: readonly Head[];
  /**
   * What places and areas are counted in: pixels of the displays, or larger units of which a display has as many as it has
   * pixels divided by its scale.
   */
  readonly units: 'pixels' | 'logical';
}

/** What one display shall show. */
export interface Setting {
  readonly head: Head;
  readonly size: Size;
  /** Absent: no mode has this size. */
  readonly mode?: Mode;
  /** In units of the layout. */
  readonly area: Rectangle;
  readonly scale: number;
  readonly transform: number;
  readonly isPrimary: boolean;
}

/** A layout that compositors take: from 0,0 on, without gaps or overlaps, with one primary display. */
export interface Plan {
  readonly settings: readonly Setting[];
  readonly off: readonly Head[];
  /** Nothing is to be changed. */
  readonly isPresent: boolean;
  /** What of the wish could not be had. */
  readonly why?: string;
}

/** In the order of their numbers: Virtual-2 before Virtual-10. Compositors list them in any order. */
export function byName<H extends { readonly name: string }>(heads: readonly H[]): readonly H[] {
  return heads.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** Quarter turns swap the sides. */
export function turned({ width, height }: Size, transform: number): Size {
  return transform % 2 === 1 ? { width: height, height: width } : { width, height };
}

/** Units that a display of this size needs. */
export function inUnits(size: Size, scale: number, transform: number, units: Scene['units']): Size {
  const { width, height } = turned(size, transform);
  if (units === 'pixels') return { width, height };
  return { width: Math.round(width / scale), height: Math.round(height / scale) };
}
