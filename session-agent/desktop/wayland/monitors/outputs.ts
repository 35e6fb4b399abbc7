import { wlOutput } from '#protocol/wayland/core.ts';
import { xdgOutputManager } from '#protocol/wayland/xdg-output.ts';
import type { Rectangle, Size } from '../../../monitors/layout.ts';
import type { WaylandObject } from '../object.ts';
import type { Global, Registry } from '../registry.ts';

/** As many as the session link carries. */
const MAX_OUTPUTS = 64;
/** Of wl_output.mode: it is the one that is shown. */
const CURRENT = 1;

/** A display that is on, as every client is told. */
export interface Output {
  readonly name: string;
  /** In pixels, before it is turned. */
  readonly size: Size;
  /** In units of the layout. */
  readonly area: Rectangle;
  readonly transform: number;
}

interface Told {
  name?: string;
  size?: Size;
  place?: { readonly x: number; readonly y: number };
  logical?: Size;
  transform: number;
  readonly end: () => void;
}

/** The displays that are on: wl_output, and xdg_output for where they are. */
export class Outputs implements Disposable {
  readonly #told = new Map<number, Told>();
  readonly #listening: Disposable;
  readonly #manager: WaylandObject<typeof xdgOutputManager>;

  /** @throws {AgentError} 'unsupported' where nobody tells where they are */
  constructor(
    private readonly registry: Registry,
    private readonly changed: () => void,
  ) {
    this.#manager = registry.bindFirst(xdgOutputManager);
    this.#listening = registry.listen({
      appeared: (global) => this.#add(global),
      gone: (global) => this.#remove(global),
    });
    for (const global of registry.all(wlOutput)) this.#add(global);
  }

  /** Those that everything is known of. */
  all(): readonly Output[] {
    return [...this.#told.values()].flatMap(({ name, size, place, logical, transform }) =>
      name === undefined || size === undefined || place === undefined || logical === undefined
        ? []
        : [{ name, size, area: { ...place, ...logical }, transform }],
    );
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    for (const { end } of this.#told.values()) end();
    this.#told.clear();
    this.#manager.send('destroy', {});
  }

  #add(global: Global): void {
    if (global.interface !== wlOutput.name || this.#told.size >= MAX_OUTPUTS) return;
    const output = this.registry.bind(global, wlOutput);
    const xdg = this.#manager.send('get_xdg_output', { output });
    const told: Told = {
      transform: 0,
      end: () => {
        xdg.send('destroy', {});
        // Older ones cannot be ended, and are few.
        if (output.version >= 3) output.send('release', {});
      },
    };
    this.#told.set(global.name, told);
    output.listen({
      geometry: ({ transform }) => {
        told.transform = transform;
      },
      mode: ({ flags, width, height }) => {
        if ((flags & CURRENT) !== 0 && width > 0 && height > 0) told.size = { width, height };
      },
      name: ({ name }) => {
        told.name = name;
      },
      done: () => this.changed(),
    });
    xdg.listen({
      logical_position: (place) => {
        told.place = place;
      },
      logical_size: ({ width, height }) => {
        if (width > 0 && height > 0) told.logical = { width, height };
      },
      name: ({ name }) => {
        told.name ??= name;
      },
      done: () => this.changed(),
    });
  }

  #remove(global: Global): void {
    const told = this.#told.get(global.name);
    if (told === undefined) return;
    this.#told.delete(global.name);
    told.end();
    this.changed();
  }
}
