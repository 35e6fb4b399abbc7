import { kdeOutputDevice, kdeOutputDeviceRegistry, type kdeOutputMode } from '#protocol/wayland/kde-output.ts';
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

type Device = WaylandObject<typeof kdeOutputDevice>;

export interface ToldDevice {
  readonly object: Device;
  readonly modes: Map<number, ToldMode>;
  name?: string;
  scale?: number;
  current?: AnyObject;
}

/** The displays that KWin tells of, kept up to date: globals each of them, or those of a global that tells of all (Plasma 6.7). */
export class Devices implements Disposable {
  readonly #devices = new Set<ToldDevice>();
  readonly #globals = new Map<number, ToldDevice>();
  readonly #listening: Disposable;
  #teller: WaylandObject<typeof kdeOutputDeviceRegistry> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly changed: () => void,
  ) {
    this.#listening = registry.listen({
      appeared: (global) => this.#bind(global),
      gone: ({ name }) => {
        const told = this.#globals.get(name);
        this.#globals.delete(name);
        if (told !== undefined) this.#remove(told);
      },
    });
    for (const global of [...registry.all(kdeOutputDevice), ...registry.all(kdeOutputDeviceRegistry)])
      this.#bind(global);
  }

  get all(): readonly ToldDevice[] {
    return [...this.#devices];
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#teller?.listen({ output: ({ output }) => release(output) });
    this.#teller?.send('stop', {});
    for (const { object } of this.#devices) release(object);
    this.#devices.clear();
  }

  #bind(global: Global): void {
    if (global.interface === kdeOutputDevice.name && this.#devices.size < MAX_DEVICES) {
      this.#globals.set(global.name, this.#add(this.registry.bind(global, kdeOutputDevice)));
    }
    if (global.interface === kdeOutputDeviceRegistry.name && global.version >= kdeOutputDeviceRegistry.version) {
      this.#teller = this.registry.bind(global, kdeOutputDeviceRegistry);
      this.#teller.listen({
        output: ({ output }) => {
          if (this.#devices.size < MAX_DEVICES) this.#add(output);
          else release(output);
        },
      });
    }
  }

  #add(object: Device): ToldDevice {
    const told: ToldDevice = { object, modes: new Map() };
    this.#devices.add(told);
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
      removed: () => this.#remove(told),
    });
    return told;
  }

  #remove(told: ToldDevice): void {
    if (!this.#devices.delete(told)) return;
    release(told.object);
    this.changed();
  }
}

/** Before version 21 the compositor keeps it as long as the connection. */
function release(device: Device): void {
  if (device.version >= 21) device.send('release', {});
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
