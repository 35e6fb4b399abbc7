import { type kdeConfiguration, kdeOutputManagement } from '#protocol/wayland/kde-output.ts';
import { AgentError } from '#shared/errors.ts';
import type { WaylandConnection } from '../../connection.ts';
import type { WaylandObject } from '../../object.ts';
import type { Place } from '../../way.ts';
import type { Arranger, Sight } from '../arranger.ts';
import { sizeInKernel } from '../kernel-sizes.ts';
import { Outputs } from '../outputs.ts';
import { scaleOf } from '../scale.ts';
import { byName, type Head, type Plan } from '../scene.ts';
import { Devices } from './devices.ts';

/** A mode set takes long on some devices. */
const APPLY_MS = 10_000;

/** The displays of KDE Plasma. */
export class OutputManagement implements Arranger {
  readonly #listeners = new Set<() => void>();
  readonly #devices: Devices;
  readonly #outputs: Outputs;
  readonly #management: WaylandObject<typeof kdeOutputManagement>;

  private constructor(
    private readonly connection: WaylandConnection,
    registry: Place['registry'],
  ) {
    this.#management = registry.bindFirst(kdeOutputManagement);
    const changed = () => {
      for (const listener of [...this.#listeners]) listener();
    };
    this.#devices = new Devices(registry, changed);
    this.#outputs = new Outputs(registry, changed);
  }

  /** @throws {AgentError} 'unsupported' */
  static async open({ connection, registry }: Pick<Place, 'connection' | 'registry'>): Promise<OutputManagement> {
    return new OutputManagement(connection, registry);
  }

  async look(): Promise<Sight> {
    await this.connection.roundTrip();
    const outputs = this.#outputs.all();
    const heads = this.#devices.all.flatMap(({ name, modes, scale, current }): Head[] => {
      if (name === undefined) return [];
      const output = outputs.find((one) => one.name === name);
      const known = Array.from(modes, ([id, mode]) => ({
        id,
        ...mode.size,
        refresh: mode.refresh,
        isPreferred: mode.isPreferred,
      }));
      // KWin 6 goes on telling the mode that a device had before, and that it is the preferred one.
      const preferred = sizeInKernel(name);
      return [
        {
          ...{ name, modes: known.filter(({ width, height }) => width > 0 && height > 0) },
          ...{ takesAnySize: false, isPrimary: false },
          ...(preferred && { preferred }),
          ...(output && {
            shown: {
              ...{ size: output.size, area: output.area, transform: output.transform },
              scale: scaleOf(output.size, output.transform, output.area, scale),
              ...(current && modes.has(current.id) && { modeId: current.id }),
            },
          }),
        },
      ];
    });
    return { scene: { heads: byName(heads), units: 'logical' }, apply: (plan) => this.#apply(plan) };
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#outputs[Symbol.dispose]();
    this.#devices[Symbol.dispose]();
  }

  async #apply({ settings, off }: Plan): Promise<'done' | 'stale'> {
    const toldOf = (head: Head) => this.#devices.all.find(({ name }) => name === head.name);
    const configuration = this.#management.send('create_configuration', {});
    const answer = answerTo(configuration);
    for (const { head, mode, area } of settings) {
      const told = toldOf(head);
      const known = told?.modes.get(Number(mode?.id));
      if (told === undefined || known === undefined) continue;
      const outputdevice = told.object;
      configuration.send('enable', { outputdevice, enable: 1 });
      configuration.send('mode', { outputdevice, mode: known.object });
      configuration.send('position', { outputdevice, x: area.x, y: area.y });
    }
    for (const head of off) {
      const told = toldOf(head);
      if (told !== undefined) configuration.send('enable', { outputdevice: told.object, enable: 0 });
    }
    configuration.send('apply', {});
    try {
      await answer;
      return 'done';
    } finally {
      configuration.send('destroy', {});
    }
  }
}

/** @throws {AgentError} 'failed'; 'timeout' */
function answerTo(configuration: WaylandObject<typeof kdeConfiguration>): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (code: 'failed' | 'timeout', why: string) => {
      clearTimeout(deadline);
      reject(new AgentError(code, why));
    };
    const deadline = setTimeout(
      () => fail('timeout', 'KWin does not say whether it has changed the displays'),
      APPLY_MS,
    );
    let why = 'KWin cannot do it';
    configuration.listen({
      applied: () => {
        clearTimeout(deadline);
        resolve();
      },
      failure_reason: ({ reason }) => {
        why = `KWin: ${reason}`;
      },
      failed: () => fail('failed', why),
    });
  });
}
