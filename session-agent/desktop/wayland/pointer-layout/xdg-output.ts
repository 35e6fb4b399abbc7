import { xdgOutputManager } from '#protocol/wayland/xdg-output.ts';
import { AgentError } from '#shared/errors.ts';
import type { PointerLayoutPort } from '../../backend.ts';
import type { WaylandConnection } from '../connection.ts';
import type { Arranger, Sight } from '../monitors/arranger.ts';
import { arrangerWay } from '../monitors/arranger-way.ts';
import { Outputs } from '../monitors/outputs.ts';
import { scaleOf } from '../monitors/scale.ts';
import { byName, type Head } from '../monitors/scene.ts';
import type { Registry } from '../registry.ts';
import type { Place, Way } from '../way.ts';

/** Where displays are, of compositors that let no program change them. */
class ShownOutputs implements Arranger {
  readonly #listeners = new Set<() => void>();
  readonly #outputs: Outputs;

  /** @throws {AgentError} 'unsupported' */
  constructor(
    private readonly connection: WaylandConnection,
    registry: Registry,
  ) {
    this.#outputs = new Outputs(registry, () => {
      for (const listener of [...this.#listeners]) listener();
    });
  }

  async look(): Promise<Sight> {
    await this.connection.roundTrip();
    const heads = this.#outputs.all().map(({ name, size, area, transform }): Head => {
      const shown = { size, area, transform, scale: scaleOf(size, transform, area) };
      return { name, modes: [], takesAnySize: false, isPrimary: false, shown };
    });
    return {
      scene: { heads: byName(heads), units: 'logical' },
      apply: () => Promise.reject(new AgentError('unsupported', 'this compositor lets no program arrange displays')),
    };
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#outputs[Symbol.dispose]();
  }
}

export const xdgOutputWay: Way<PointerLayoutPort> = arrangerWay(
  'xdg-output',
  [xdgOutputManager.name],
  async ({ connection, registry }: Place) => new ShownOutputs(connection, registry),
);
