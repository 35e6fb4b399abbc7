import type { MonitorsConfigure, PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { LocatedDisplay } from '../../../monitors/display-ids.ts';
import type { OutputState } from '../../../monitors/follow.ts';
import type { Size } from '../../../monitors/layout.ts';
import type { MonitorsPort, Outcome, Outputs, PointerLayoutPort, WishOf } from '../../backend.ts';
import { Bell } from '../../bell.ts';
import type { Arranger } from './arranger.ts';
import { planScene } from './plan.ts';
import { pointerLayoutOf } from './pointer-layout.ts';
import type { Head, Plan } from './scene.ts';

const MAX_WHY = 200;
/** As many as the session link carries. */
const MAX_KNOWN = 64;
/** Displays that change each time in between are never at rest. */
const MAX_ATTEMPTS = 4;
/** From a compositor's word that it has changed the displays until it tells how they are. */
const SHOWN_MS = 2_000;
const never = new AbortController().signal;

/** The monitors of a Wayland session, whatever its compositor. */
export class WaylandMonitors implements MonitorsPort, PointerLayoutPort, Disposable {
  readonly #listeners = new Set<() => void>();
  readonly #listening: Disposable;
  #located: readonly LocatedDisplay[] = [];
  /** Displays in the order in which they were first seen: what follows a device counts them, and they come and go. */
  readonly #known: string[] = [];
  #configuring = false;
  /** The last wish that could not be had, and what became of it: viewers repeat theirs for ever. */
  #denied: { readonly wish: string; readonly outcome: Outcome } | undefined;

  constructor(
    private readonly arranger: Arranger,
    private readonly log: Log,
  ) {
    this.#listening = arranger.onChange(() => this.#tell());
  }

  async configure(wish: MonitorsConfigure, of: WishOf = 'client'): Promise<Outcome> {
    this.#configuring = true;
    try {
      return await this.#configure(wish, of);
    } catch (error) {
      return { applied: false, why: messageOf(error).slice(0, MAX_WHY) };
    } finally {
      this.#configuring = false;
      this.#tell();
    }
  }

  identify(displays: readonly LocatedDisplay[]): void {
    this.#located = displays;
    this.#tell();
  }

  async look(): Promise<Outputs> {
    const { heads } = (await this.arranger.look()).scene;
    const fresh = heads.map(({ name }) => name).filter((name) => !this.#known.includes(name));
    this.#known.push(...fresh.slice(0, MAX_KNOWN - this.#known.length));
    const states = this.#known.map((known) => stateOf(heads.find(({ name }) => name === known)));
    // Compositors do not say when anybody arranged them.
    return { states, areUntouched: false };
  }

  async read(): Promise<PointerLayout> {
    const { scene } = await this.arranger.look();
    return pointerLayoutOf(scene, this.#located);
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.arranger[Symbol.dispose]();
  }

  /** @throws {AgentError} when the displays cannot be looked at */
  async #configure(wish: MonitorsConfigure, of: WishOf): Promise<Outcome> {
    const { heads } = (await this.arranger.look()).scene;
    const key = JSON.stringify([wish, of, this.#located, heads.map(({ name }) => name)]);
    if (this.#denied?.wish === key) return this.#denied.outcome;
    this.#denied = undefined;
    try {
      return await this.#apply(wish, of, true);
    } catch (error) {
      const why = messageOf(error).slice(0, MAX_WHY);
      const hasModes = heads.some(({ takesAnySize, modes }) => takesAnySize && modes.length > 0);
      const outcome = hasModes ? await this.#applyNearest(wish, of, why) : { applied: false, why };
      this.#denied = { wish: key, outcome };
      return outcome;
    }
  }

  /** @throws {AgentError} when the compositor does not do it */
  async #apply(wish: MonitorsConfigure, of: WishOf, anySize: boolean): Promise<Outcome> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const sight = await this.arranger.look();
      const plan = planScene(sight.scene, wish, { of, located: this.#countedBy(of), anySize });
      if (plan === undefined) return { applied: false, why: 'no monitor of the wish can be on' };
      if (!plan.isPresent) {
        if ((await sight.apply(plan)) === 'stale') continue;
        await this.#mustShow(plan);
        this.log.info('monitors set', { monitors: namesOf(plan) });
      }
      return { applied: true, ...(plan.why !== undefined && { why: plan.why.slice(0, MAX_WHY) }) };
    }
    return { applied: false, why: 'the displays change all the time' };
  }

  /**
   * Looks whether it is so: sway 1.7 calls a size that no mode of a device has a success, and keeps its mode.
   * @throws {AgentError} 'failed'
   */
  async #mustShow({ settings }: Plan): Promise<void> {
    const changed = new Bell();
    using _listening = this.arranger.onChange(() => changed.ring());
    const end = performance.now() + SHOWN_MS;
    for (;;) {
      const { heads } = (await this.arranger.look()).scene;
      const other = settings.find(({ head, size }) => {
        const shown = heads.find(({ name }) => name === head.name)?.shown?.size;
        return shown?.width !== size.width || shown.height !== size.height;
      });
      if (other === undefined) return;
      const left = end - performance.now();
      if (left <= 0 || !(await changed.heard(left, never))) {
        throw new AgentError('failed', `the compositor does not show ${other.head.name} as ${nameOf(other.size)}`);
      }
    }
  }

  /** With sizes that the displays have modes of their own for. */
  async #applyNearest(wish: MonitorsConfigure, of: WishOf, why: string): Promise<Outcome> {
    try {
      const { applied } = await this.#apply(wish, of, false);
      return { applied, why: applied ? `the nearest mode instead: ${why}`.slice(0, MAX_WHY) : why };
    } catch {
      return { applied: false, why };
    }
  }

  #countedBy(of: WishOf): readonly LocatedDisplay[] {
    return of === 'client' ? this.#located : this.#known.map((connector, id) => ({ id, connector, output: 0 }));
  }

  #tell(): void {
    if (this.#configuring) return;
    for (const listener of [...this.#listeners]) listener();
  }
}

function namesOf({ settings }: Plan): string {
  return settings.map(({ head, size }) => `${head.name} ${nameOf(size)}`).join();
}

function nameOf({ width, height }: Size): string {
  return `${width}x${height}`;
}

function stateOf(head: Head | undefined): OutputState {
  if (head === undefined) return { isConnected: false };
  const { preferred, shown } = head;
  return {
    isConnected: true,
    ...(preferred && { preferred }),
    ...(shown && { now: { x: shown.area.x, y: shown.area.y, ...shown.size } }),
  };
}
