import { type wlrConfiguration, wlrOutputManager } from '#protocol/wayland/wlr-output-management.ts';
import { AgentError } from '#shared/errors.ts';
import type { WaylandConnection } from '../../connection.ts';
import type { WaylandObject } from '../../object.ts';
import type { Place } from '../../way.ts';
import type { Arranger, Sight } from '../arranger.ts';
import { sizeInKernel, watchKernelSizes } from '../kernel-sizes.ts';
import { Outputs } from '../outputs.ts';
import { scaleOf } from '../scale.ts';
import { byName, type Head, inUnits, type Plan, type Setting, type Shown } from '../scene.ts';
import { type Manager, type ToldHead, ToldHeads } from './heads.ts';
import { makeModes, ofNoMode } from './sway.ts';

/** A mode set takes long on some devices. */
const APPLY_MS = 10_000;

/** The displays of compositors with wlr-output-management: sway, labwc, Wayfire, Hyprland, niri and others. */
export class OutputManager implements Arranger {
  readonly ended: Promise<string>;
  readonly #told = new ToldHeads();
  readonly #listeners = new Set<() => void>();
  readonly #outputs: Outputs;
  readonly #watching: Disposable;
  readonly #manager: Manager;
  #serial = 0;
  /** What sway was asked for last by its own socket. */
  #made = '';

  private constructor(
    private readonly connection: WaylandConnection,
    registry: Place['registry'],
    /** Of sway's own socket, if it is sway. */
    private readonly sway: string | undefined,
  ) {
    const manager = registry.bindFirst(wlrOutputManager);
    this.#manager = manager;
    this.ended = new Promise((resolve) => {
      manager.listen({
        head: this.#told.add,
        done: ({ serial }) => {
          this.#serial = serial;
          this.#tell();
        },
        finished: () => resolve('the compositor has ended its output manager'),
      });
    });
    this.#outputs = new Outputs(registry, () => this.#tell());
    const names = () => this.#told.all.flatMap(({ name }) => name ?? []);
    this.#watching = watchKernelSizes(names, () => this.#tell());
  }

  /** @throws {AgentError} 'unsupported' */
  static async open({
    connection,
    registry,
    env,
  }: Pick<Place, 'connection' | 'registry' | 'env'>): Promise<OutputManager> {
    return new OutputManager(connection, registry, env.SWAYSOCK || undefined);
  }

  async look(): Promise<Sight> {
    await this.connection.roundTrip();
    const outputs = this.#outputs.all();
    const serial = this.#serial;
    const heads = this.#told.all.flatMap((told): Head[] => {
      const { name } = told;
      if (name === undefined) return [];
      const shown = shownBy(
        told,
        outputs.find((output) => output.name === name),
      );
      const modes = Array.from(told.modes, ([id, { size, refresh, isPreferred }]) => ({
        id,
        ...size,
        refresh,
        isPreferred,
      }));
      const preferred = sizeInKernel(name);
      return [
        {
          ...{ name, modes: modes.filter(({ width, height }) => width > 0 && height > 0) },
          ...{ takesAnySize: true, isPrimary: false },
          ...(shown && { shown }),
          ...(preferred && { preferred }),
        },
      ];
    });
    return { scene: { heads: byName(heads), units: 'logical' }, apply: (plan) => this.#apply(plan, serial) };
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]();
    this.#outputs[Symbol.dispose]();
    this.#manager.send('stop', {});
  }

  async #apply({ settings, off }: Plan, serial: number): Promise<'done' | 'stale'> {
    if (serial !== this.#serial || (await this.#hasMade(settings))) return 'stale';
    const objectOf = (head: Head) => this.#told.all.find(({ name }) => name === head.name);
    const configuration = this.#manager.send('create_configuration', { serial });
    const answer = answerTo(configuration);
    for (const { head, mode, size, area } of settings) {
      const told = objectOf(head);
      if (told === undefined) continue;
      const change = configuration.send('enable_head', { head: told.object });
      const known = mode && told.modes.get(Number(mode.id));
      if (known) change.send('set_mode', { mode: known.object });
      else change.send('set_custom_mode', { ...size, refresh: 0 });
      change.send('set_position', { x: area.x, y: area.y });
    }
    for (const head of off) {
      const told = objectOf(head);
      if (told !== undefined) configuration.send('disable_head', { head: told.object });
    }
    configuration.send('apply', {});
    try {
      return await answer;
    } finally {
      configuration.send('destroy', {});
    }
  }

  /** @returns whether there are modes now that were not there: the plan is to be made anew */
  async #hasMade(settings: readonly Setting[]): Promise<boolean> {
    const wanted = this.sway === undefined ? [] : ofNoMode(settings);
    const key = wanted.map(({ head, size }) => `${head.name} ${size.width}x${size.height}`).join();
    const isNew = key !== this.#made; // what it has been asked for and does not show, it cannot do
    this.#made = key;
    if (this.sway === undefined || key === '' || !isNew) return false;
    await makeModes(this.sway, wanted);
    return true;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** @throws {AgentError} 'failed'; 'timeout' */
function answerTo(configuration: WaylandObject<typeof wlrConfiguration>): Promise<'done' | 'stale'> {
  return new Promise((resolve, reject) => {
    const fail = (code: 'failed' | 'timeout', why: string) => {
      clearTimeout(deadline);
      reject(new AgentError(code, why));
    };
    const succeed = (result: 'done' | 'stale') => {
      clearTimeout(deadline);
      resolve(result);
    };
    const deadline = setTimeout(
      () => fail('timeout', 'the compositor does not say whether it has changed the displays'),
      APPLY_MS,
    );
    configuration.listen({
      succeeded: () => succeed('done'),
      cancelled: () => succeed('stale'),
      failed: () => fail('failed', 'the compositor cannot do it'),
    });
  });
}

/**
 * What every client is told counts more: some heads without modes pass for switched off although they are on (sway 1.7).
 * @param output of the same name; absent: there is none, or it is not known yet where it is
 */
function shownBy(told: ToldHead, output: ReturnType<Outputs['all']>[number] | undefined): Shown | undefined {
  const mode = told.current && told.modes.get(told.current.id);
  if (output !== undefined) {
    const { size, area, transform } = output;
    const shown = { size, area, transform, scale: scaleOf(size, transform, area, told.scale) };
    return mode === undefined ? shown : { ...shown, modeId: mode.object.id };
  }
  if (!told.isEnabled || mode === undefined) return undefined;
  const { transform, place, scale = 1 } = told;
  const area = { ...place, ...inUnits(mode.size, scale, transform, 'logical') };
  return { size: mode.size, area, transform, scale, modeId: mode.object.id };
}
