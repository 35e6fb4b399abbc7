import { kdeOutputDevice, type kdeOutputMode } from '#protocol/wayland/kde-output.ts';
import type { Size } from '../../../../monitors/layout.ts';
import type { AnyObject, WaylandObject } from '../../object.ts';
import type { Global, Registry } from '../../registry.ts';

/** As many as the session link carries. */
const MAX_DEVICES = 64;
const MAX_MODES = 1024;

export interface ToldMode {
  readonly object: WaylandObject<typeof kdeOutputMode>;
  size: Size;
  refresh: number;
  isPreferred: boolean;
}

export interface ToldDevice {
  readonly object: WaylandObject<typeof kdeOutputDevice>;
  readonly modes: Map<number, ToldMode>;
  name?: string;
  scale?: number;
  current?: AnyObject;
}

/** The displays that KWin tells of, each of which is a global, kept up to date. */
export class Devices implements Disposable {
  readonly #devices = new Map<number, ToldDevice>();
  readonly #listening: Disposable;

  constructor(
    private readonly registry: Registry,
    private readonly changed: () => void,
  ) {
    this.#listening = registry.listen({
      appeared: (global) => this.#add(global),
      gone: ({ name }) => {
        if (this.#devices.delete(name)) this.changed();
      },
    });
    for (const global of registry.all(kdeOutputDevice)) this.#add(global);
  }

  get all(): readonly ToldDevice[] {
    return [...this.#devices.values()];
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #add(global: Global): void {
    if (global.interface !== kdeOutputDevice.name || this.#devices.size >= MAX_DEVICES) return;
    const object = this.registry.bind(global, kdeOutputDevice);
    const told: ToldDevice = { object, modes: new Map() };
    this.#devices.set(global.name, told);
    object.listen({
      mode: ({ mode }) => addMode(told, mode),
      current_mode: ({ mode }) => {
        if (mode !== undefined) told.current = mode;
      },
      scale: ({ factor }) => {
        if (factor > 0) told.scale = factor;
      },
      name: ({ name }) => {
        told.name = name;
      },
      done: () => this.changed(),
    });
  }
}

function addMode(device: ToldDevice, object: WaylandObject<typeof kdeOutputMode>): void {
  if (device.modes.size >= MAX_MODES) return;
  const told: ToldMode = { object, size: { width: 0, height: 0 }, refresh: 0, isPreferred: false };
  device.modes.set(object.id, told);
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
    removed: () => device.modes.delete(object.id),
  });
}
