import type { wlrOutputHead, wlrOutputManager, wlrOutputMode } from '#protocol/wayland/wlr-output-management.ts';
import { AgentError } from '#shared/errors.ts';
import type { Size } from '../../../../monitors/layout.ts';
import type { AnyObject, WaylandObject } from '../../object.ts';

/** As many as the session link carries. */
const MAX_HEADS = 64;
const MAX_MODES = 1024;

export interface ToldMode {
  readonly object: WaylandObject<typeof wlrOutputMode>;
  size: Size;
  refresh: number;
  isPreferred: boolean;
}

export interface ToldHead {
  readonly object: WaylandObject<typeof wlrOutputHead>;
  readonly modes: Map<number, ToldMode>;
  name?: string;
  isEnabled: boolean;
  current?: AnyObject;
  place: { readonly x: number; readonly y: number };
  transform: number;
  /** Absent while it is off, by its own account. */
  scale?: number;
}

/** What a wlr output manager tells, kept up to date. */
export class ToldHeads {
  readonly #heads = new Set<ToldHead>();

  get all(): readonly ToldHead[] {
    return [...this.#heads];
  }

  /** For `head` of the manager. */
  readonly add = ({ head: object }: { readonly head: WaylandObject<typeof wlrOutputHead> }): void => {
    if (this.#heads.size >= MAX_HEADS) throw new AgentError('refused', 'the compositor has too many displays');
    const told: ToldHead = { object, modes: new Map(), isEnabled: false, place: { x: 0, y: 0 }, transform: 0 };
    this.#heads.add(told);
    object.listen({
      name: ({ name }) => {
        told.name = name;
      },
      mode: ({ mode }) => addMode(told, mode),
      enabled: ({ enabled }) => {
        told.isEnabled = enabled !== 0;
      },
      current_mode: ({ mode }) => {
        if (mode !== undefined) told.current = mode;
      },
      position: (place) => {
        told.place = place;
      },
      transform: ({ transform }) => {
        told.transform = transform;
      },
      scale: ({ scale }) => {
        if (scale > 0) told.scale = scale;
      },
      finished: () => {
        this.#heads.delete(told);
        release(object);
      },
    });
  };
}

function addMode(head: ToldHead, object: WaylandObject<typeof wlrOutputMode>): void {
  // wlroots adds one for each size that anybody has ever asked for.
  if (head.modes.size >= MAX_MODES) return release(object);
  const told: ToldMode = { object, size: { width: 0, height: 0 }, refresh: 0, isPreferred: false };
  head.modes.set(object.id, told);
  object.listen({
    size: (size) => {
      told.size = size;
    },
    refresh: ({ refresh }) => {
      told.refresh = refresh;
    },
    preferred: () => {
      told.isPreferred = true;
    },
    finished: () => {
      head.modes.delete(object.id);
      release(object);
    },
  });
}

/** Before version 3 the compositor has ended it by itself. */
function release(object: WaylandObject<typeof wlrOutputMode> | WaylandObject<typeof wlrOutputHead>): void {
  if (object.version >= 3) object.send('release', {});
}

export type Manager = WaylandObject<typeof wlrOutputManager>;
