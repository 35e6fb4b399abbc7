import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Arranger, Sight } from '#session-agent/desktop/wayland/monitors/arranger.ts';
import { WaylandMonitors } from '#session-agent/desktop/wayland/monitors/monitors.ts';
import { byName, type Head, type Plan, type Setting } from '#session-agent/desktop/wayland/monitors/scene.ts';
import { AgentError } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';

const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });
const placed = (...monitors: ReturnType<typeof at>[]) => ({ monitors, positioned: true });
const MODES = [at(1024, 768), at(800, 600)].map((size) => ({
  ...{ id: `${size.width}`, width: size.width, height: size.height, refresh: 60_000, isPreferred: false },
}));

/** A compositor that does what it is asked, or what the test says instead. */
class FakeArranger implements Arranger {
  heads: Head[];
  readonly asked: Plan[] = [];
  answer: (plan: Plan) => 'done' | 'stale' = () => 'done';
  /** It calls such a setting done and leaves the display as it is. */
  keeps: (setting: Setting) => boolean = () => false;
  /** It tells how the displays are a while after its word. */
  isLate = false;
  readonly #listeners = new Set<() => void>();

  constructor(...names: string[]) {
    this.heads = names.map((name, index) => ({
      ...{ name, modes: MODES, takesAnySize: true, isPrimary: false },
      shown: { area: at(1024, 768, index * 1024), size: { width: 1024, height: 768 }, scale: 1, transform: 0 },
    }));
  }

  async look(): Promise<Sight> {
    const scene = { heads: byName(this.heads), units: 'logical' } as const;
    return { scene, apply: async (plan) => this.#apply(plan) };
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The host gives a display another size. */
  prefer(name: string, width: number, height: number): void {
    this.heads = this.heads.map((head) => (head.name === name ? { ...head, preferred: { width, height } } : head));
  }

  change(): void {
    for (const listener of this.#listeners) listener();
  }

  [Symbol.dispose](): void {}

  #apply(plan: Plan): 'done' | 'stale' {
    this.asked.push(plan);
    const result = this.answer(plan);
    if (result === 'stale') return result;
    if (this.isLate) setTimeout(() => this.#show(plan), 20);
    else this.#show(plan);
    return result;
  }

  #show(plan: Plan): void {
    this.heads = this.heads.map(({ shown: _, ...head }): Head => {
      const setting = plan.settings.find((one) => one.head.name === head.name);
      if (setting === undefined) return head;
      if (this.keeps(setting)) return setting.head;
      const { size, area, scale, transform } = setting;
      return { ...head, shown: { size, area, scale, transform } };
    });
    this.change();
  }
}

const sizes = ({ heads }: FakeArranger) =>
  heads.map(({ shown }) => shown && `${shown.size.width}x${shown.size.height}`);

describe('the monitors of a Wayland session', () => {
  it('are told of once after a wish, and not while it is applied', async () => {
    const arranger = new FakeArranger('A-1');
    const monitors = new WaylandMonitors(arranger, silent);
    let told = 0;
    using _ = monitors.onChange(() => told++);
    assert.deepEqual(await monitors.configure(placed(at(800, 600))), { applied: true });
    assert.equal(told, 1);
    arranger.change();
    assert.equal(told, 2);
  });

  it('have the nearest mode of their own where another size is refused, which is not tried again', async () => {
    const arranger = new FakeArranger('A-1');
    const monitors = new WaylandMonitors(arranger, silent);
    arranger.answer = ({ settings }) => {
      if (settings.some(({ mode }) => mode === undefined)) throw new AgentError('failed', 'no such size');
      return 'done';
    };
    const nearest = { applied: true, why: 'the nearest mode instead: no such size' };
    for (let times = 0; times < 3; times++) {
      assert.deepEqual(await monitors.configure(placed(at(900, 700))), nearest);
      assert.deepEqual(sizes(arranger), ['800x600']);
    }
    assert.equal(arranger.asked.length, 2);
  });

  it('have the nearest mode where another size is called done and is not shown, or shown later', async () => {
    const arranger = new FakeArranger('A-1');
    const monitors = new WaylandMonitors(arranger, silent);
    arranger.keeps = ({ mode }) => mode === undefined;
    const why = 'the nearest mode instead: the compositor does not show A-1 as 896x700';
    assert.deepEqual(await monitors.configure(placed(at(896, 700))), { applied: true, why });
    assert.deepEqual(sizes(arranger), ['800x600']);
    arranger.keeps = () => false;
    arranger.isLate = true;
    assert.deepEqual(await monitors.configure(placed(at(1000, 700))), { applied: true });
    assert.deepEqual(sizes(arranger), ['1000x700']);
  });

  it('are tried again with the same wish when there are other displays', async () => {
    const arranger = new FakeArranger('A-1');
    const monitors = new WaylandMonitors(arranger, silent);
    const fail = () => {
      throw new AgentError('failed', 'no');
    };
    arranger.answer = fail;
    const wish = placed(at(800, 600), at(800, 600, 800));
    assert.equal((await monitors.configure(wish)).applied, false);
    arranger.answer = () => 'done';
    assert.equal((await monitors.configure(wish)).applied, false);
    arranger.heads = [...arranger.heads, ...new FakeArranger('A-2').heads];
    assert.deepEqual(await monitors.configure(wish), { applied: true });
  });

  it('say why when the compositor cannot be asked, and are asked again with the next wish', async () => {
    const arranger = new FakeArranger('A-1');
    const { look } = arranger;
    const monitors = new WaylandMonitors(arranger, silent);
    arranger.look = () => Promise.reject(new AgentError('timeout', 'no answer from the compositor'));
    const outcome = { applied: false, why: 'no answer from the compositor' };
    assert.deepEqual(await monitors.configure(placed(at(800, 600))), outcome);
    await assert.rejects(monitors.look(), { code: 'timeout' });
    await assert.rejects(monitors.read(), { code: 'timeout' });
    arranger.look = look;
    assert.deepEqual(await monitors.configure(placed(at(800, 600))), { applied: true });
  });

  it('are counted by their names where a device is followed, whichever of them come and go', async () => {
    const arranger = new FakeArranger('Virtual-1', 'Virtual-2');
    const monitors = new WaylandMonitors(arranger, silent);
    arranger.prefer('Virtual-1', 1024, 768);
    arranger.prefer('Virtual-2', 1234, 701);
    const both = (await monitors.look()).states;
    assert.deepEqual(
      both.map(({ preferred }) => preferred?.width),
      [1024, 1234],
    );
    arranger.heads = arranger.heads.slice(1);
    const { states } = await monitors.look();
    assert.deepEqual(
      states.map(({ isConnected, preferred }) => [isConnected, preferred?.width]),
      [
        [false, undefined],
        [true, 1234],
      ],
    );
    assert.deepEqual(await monitors.configure(placed(at(0, 0), at(1234, 701)), 'device'), { applied: true });
    assert.deepEqual(sizes(arranger), ['1234x701']);
  });
});
