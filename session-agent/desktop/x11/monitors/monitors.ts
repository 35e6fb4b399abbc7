import type { RandR, SizeRange } from 'x11';
import type { MonitorsConfigure, PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { type LocatedDisplay, outputsByDisplay } from '../../../monitors/display-ids.ts';
import { arrange } from '../../../monitors/layout.ts';
import type { MonitorsPort, Outcome, Outputs, PointerLayoutPort, WishOf } from '../../backend.ts';
import type { XConnection } from '../connection.ts';
import { applyPlan, removeIdleModes, restore } from './apply.ts';
import { nearestPlan, type Plan, planHeads } from './plan.ts';
import { crtcOf, isOurs, outputStates, readScreen, type ScreenState } from './state.ts';

/** RandR: screen, crtc and output changes. */
const CHANGES = 7;
const RR_NOTIFY = 1;
/** As many as the session link carries. */
const MAX_DISPLAYS = 64;
const MAX_WHY = 200;
/** Of device wishes: their sizes are the device's own. */
const NO_GRID = 1;
const OFF = { width: 0, height: 0, x: 0, y: 0 };

/** The monitors of an X screen through RandR 1.3. */
export class X11Monitors implements MonitorsPort, PointerLayoutPort, Disposable {
  readonly #listeners = new Set<() => void>();
  readonly #listening: Disposable;
  #located: readonly LocatedDisplay[] = [];
  #configuring = false;
  /** The last wish that could not be had, and what became of it: viewers repeat theirs for ever. */
  #denied: { readonly wish: string; readonly outcome: Outcome } | undefined;

  private constructor(
    private readonly x: XConnection,
    private readonly randr: RandR,
    private readonly log: Log,
  ) {
    this.#listening = x.listen((event) => {
      const isChange =
        event.name === 'RRScreenChangeNotify' ||
        ('type' in event && (event.type & 0x7f) === randr.firstEvent + RR_NOTIFY);
      if (isChange) this.#tell();
    });
  }

  /** @throws {AgentError} 'failed' or 'unsupported': no RandR, or an old one */
  static async open(x: XConnection, log: Log): Promise<X11Monitors> {
    const randr = await x.ask<RandR>('RandR', (client, done) => client.require('randr', done));
    const { major_version: major, minor_version: minor } = randr;
    if (major < 1 || (major === 1 && minor < 3))
      throw new AgentError('unsupported', `RandR ${major}.${minor} is too old`);
    randr.SelectInput(x.root, CHANGES);
    return new X11Monitors(x, randr, log);
  }

  async configure(wish: MonitorsConfigure, of: WishOf = 'client'): Promise<Outcome> {
    const key = JSON.stringify([wish, of, this.#located]);
    if (this.#denied?.wish === key) return this.#denied.outcome;
    this.#denied = undefined;
    this.#configuring = true;
    try {
      const { isDenied, ...outcome } = await this.#alone(() => this.#configure(wish, of));
      if (isDenied) this.#denied = { wish: key, outcome };
      return outcome;
    } catch (error) {
      // Nothing was tried yet: an output has gone while it was looked at, say.
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
    const state = await readScreen(this.x, this.randr);
    const states = await outputStates(this.x, this.randr, state);
    // A size that a client wished is newer than the device's, however the times of the server lie.
    const isWished = state.modes.some((mode) => isOurs(mode) && state.crtcs.some((crtc) => crtc.mode === mode.id));
    return { states, areUntouched: state.isUntouched && !isWished };
  }

  async read(): Promise<PointerLayout> {
    const state = await readScreen(this.x, this.randr);
    const displays = outputsByDisplay(state.outputs, this.#located).flatMap((output, id) => {
      const crtc = output && crtcOf(state, output);
      if (crtc === undefined) return [];
      return [{ id, x: Math.max(crtc.x, 0), y: Math.max(crtc.y, 0), width: crtc.width, height: crtc.height }];
    });
    return { width: state.width, height: state.height, displays: displays.slice(0, MAX_DISPLAYS) };
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  /** Other programs wait, as for xrandr: a settings daemon would answer each step, and bring back what the next one must not meet. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const { client } = this.x;
    client.GrabServer();
    try {
      return await work();
    } finally {
      client.UngrabServer();
    }
  }

  async #configure({ monitors, positioned }: MonitorsConfigure, of: WishOf): Promise<Attempt> {
    const before = await readScreen(this.x, this.randr);
    const limits = await this.x.ask<SizeRange>('size range', (_, done) =>
      this.randr.GetScreenSizeRange(this.x.root, done),
    );
    const displays = of === 'client' ? outputsByDisplay(before.outputs, this.#located) : before.outputs;
    const wish = monitors.map((monitor, at) => (displays[at] === undefined ? OFF : monitor));
    const wanted = arrange(wish, { positioned, limits, ...(of === 'device' && { grid: NO_GRID }) });
    if (wanted === undefined) return { applied: false, why: 'no monitor of the wish can be on' };
    const plan = planHeads(before, wanted, displays);
    if (plan.heads.length === 0) return { applied: false, why: 'no output can show a monitor' };
    const failure = await this.#apply(before, plan);
    if (failure !== undefined) return this.#applyNearest(before, plan, failure);
    const wished = monitors.filter(({ width, height }) => width > 0 && height > 0).length;
    if (plan.heads.length >= wished) return { applied: true };
    return { applied: true, why: `${plan.heads.length} of ${wished} monitors: there is no place for more` };
  }

  async #applyNearest(before: ScreenState, plan: Plan, failure: unknown): Promise<Attempt> {
    const why = messageOf(failure).slice(0, MAX_WHY);
    const nearest = nearestPlan(before, plan);
    const isNew = nearest !== undefined && !nearest.isPresent;
    if (!isNew || (await this.#apply(before, nearest)) !== undefined) return { applied: false, why, isDenied: true };
    const instead = `${nearest.width}x${nearest.height} instead, which is the nearest: ${why}`;
    return { applied: true, why: instead.slice(0, MAX_WHY), isDenied: true };
  }

  /** @returns why not; everything is as before then */
  async #apply(before: ScreenState, plan: Plan): Promise<unknown> {
    if (plan.isPresent) return undefined;
    try {
      await applyPlan(this.x, this.randr, before, plan);
      this.log.info('monitors set', { width: plan.width, height: plan.height, monitors: plan.heads.length });
      return undefined;
    } catch (error) {
      await this.#restore(before);
      return error;
    } finally {
      await this.#removeIdleModes();
    }
  }

  async #restore(before: ScreenState): Promise<void> {
    try {
      await restore(this.x, this.randr, before);
      this.log.warn('monitors could not be set and are as before');
    } catch (error) {
      this.log.error('monitors could neither be set nor put back', { error });
    }
  }

  async #removeIdleModes(): Promise<void> {
    try {
      removeIdleModes(this.randr, await readScreen(this.x, this.randr));
    } catch (error) {
      this.log.info('modes were left behind', { error });
    }
  }

  #tell(): void {
    if (this.#configuring) return;
    for (const listener of [...this.#listeners]) listener();
  }
}

interface Attempt extends Outcome {
  /** The wish as it was could not be had, and is not tried again. */
  readonly isDenied?: boolean;
}
