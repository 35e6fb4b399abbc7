import type { RandR, SizeRange } from 'x11';
import type { MonitorsConfigure, PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { arrange } from '../../../monitors/layout.ts';
import type { MonitorsPort, Outcome, PointerLayoutPort } from '../../backend.ts';
import type { XConnection } from '../connection.ts';
import { applyPlan, restore } from './apply.ts';
import { planHeads } from './plan.ts';
import { readScreen, type ScreenState, usable } from './state.ts';

/** RandR: screen, crtc and output changes. */
const CHANGES = 7;
const RR_NOTIFY = 1;
/** Displays have one byte for their number. */
const MAX_DISPLAYS = 64;

/** The monitors of an X screen through RandR 1.3. */
export class X11Monitors implements MonitorsPort, PointerLayoutPort, Disposable {
  readonly #listeners = new Set<() => void>();
  readonly #listening: Disposable;
  #configuring = false;
  /** The wish that could not be applied last: viewers repeat it for ever. */
  #failed: { readonly wish: string; readonly why: string } | undefined;

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

  async configure(wish: MonitorsConfigure): Promise<Outcome> {
    const key = JSON.stringify(wish);
    if (this.#failed?.wish === key) return { applied: false, why: this.#failed.why };
    this.#configuring = true;
    try {
      const outcome = await this.#configure(wish);
      this.#failed = undefined;
      return outcome;
    } catch (error) {
      const why = messageOf(error).slice(0, 200);
      this.#failed = { wish: key, why };
      return { applied: false, why };
    } finally {
      this.#configuring = false;
      this.#tell();
    }
  }

  async read(): Promise<PointerLayout> {
    const { width, height, outputs, crtcs } = await readScreen(this.x, this.randr);
    const displays = outputs.slice(0, MAX_DISPLAYS).flatMap((output, id) => {
      const crtc = crtcs.find((one) => one.id === output.crtc);
      if (crtc === undefined || crtc.mode === 0) return [];
      return [{ id, x: Math.max(crtc.x, 0), y: Math.max(crtc.y, 0), width: crtc.width, height: crtc.height }];
    });
    return { width, height, displays };
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  async #configure({ monitors, positioned }: MonitorsConfigure): Promise<Outcome> {
    const before = await readScreen(this.x, this.randr);
    const range = await this.x.ask<SizeRange>('size range', (_, done) =>
      this.randr.GetScreenSizeRange(this.x.root, done),
    );
    const count = usable(before.outputs).length;
    const wanted = arrange(monitors, positioned, range, count);
    if (wanted === undefined) return { applied: false, why: 'no monitor of the wish can be on' };
    const plan = planHeads(before, wanted);
    if (plan.heads.length === 0) return { applied: false, why: 'no output can show a monitor' };
    if (!plan.isPresent) {
      try {
        await applyPlan(this.x, this.randr, before, plan);
      } catch (error) {
        await this.#restore(before);
        throw error;
      }
      this.log.info('monitors set', { width: plan.width, height: plan.height, monitors: plan.heads.length });
    }
    const wished = monitors.filter(({ width, height }) => width > 0 && height > 0).length;
    if (plan.heads.length >= wished) return { applied: true };
    return { applied: true, why: `${plan.heads.length} of ${wished} monitors: there are ${count} outputs` };
  }

  async #restore(before: ScreenState): Promise<void> {
    try {
      await restore(this.x, this.randr, before);
      this.log.warn('monitors could not be set and are as before');
    } catch (error) {
      this.log.error('monitors could neither be set nor put back', { error });
    }
  }

  #tell(): void {
    if (this.#configuring) return;
    for (const listener of [...this.#listeners]) listener();
  }
}
