import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { DisplayConfig } from '#session-agent/desktop/wayland/monitors/mutter/display-config.ts';
import { planScene } from '#session-agent/desktop/wayland/monitors/plan.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { silent } from '#shared/log/log.ts';
import { type Displays, startNestedMutter, startStreamingMutter } from '#test/support/desktop/mutter.ts';
import { here, type Release } from '#test/support/desktop/release.ts';
import { needsTree, releaseOf } from '#test/support/desktop/tree.ts';
import { until, without } from '#test/support/programs.ts';
import { mutterModeCases, mutterPixelCase } from '../desktop/cases/mutter-modes.ts';
import { mutterMonitorCases } from '../desktop/cases/mutter-monitors.ts';

describe('Mutter of trixie', { skip: needsTree }, () => {
  let release: Release = here;
  before(async () => {
    release = await releaseOf('trixie');
  });

  describe('its monitors', () => mutterMonitorCases(() => release));

  describe('its monitors with several modes', { skip: without('Xvfb') }, () => {
    mutterModeCases((displays) => startNestedMutter(displays, 'logical', release), 1.4953);
    mutterPixelCase(() => release);
  });
});

describe('Mutter of sid', { skip: needsTree }, () => {
  let release: Release = here;
  before(async () => {
    release = await releaseOf('sid');
  });

  describe('its monitors', () => mutterMonitorCases(() => release));

  describe('its monitors with several modes', () => {
    const start = async (displays: Displays) => {
      const mutter = await startStreamingMutter(release);
      await mutter.add(displays);
      return mutter;
    };
    mutterModeCases(start, 5 / 3);

    it('are not changed by a plan from before a display came', async () => {
      await using mutter = await startStreamingMutter(release);
      await mutter.add({ modes: ['1024x768', '800x600'], scales: [1] });
      const bus = new BusClient([mutter.bus.socket], silent);
      await bus.start();
      using config = new DisplayConfig(bus);
      await until(() => bus.connected, 'the bus');
      const before = await config.look();
      const wish = { monitors: [{ width: 800, height: 600, x: 0, y: 0 }], positioned: true };
      const plan = planScene(before.scene, wish, { of: 'client', located: [], anySize: true });
      assert.ok(plan);
      await mutter.add({ modes: ['1280x800'], scales: [1] });
      assert.equal(await before.apply(plan), 'stale');
      const { scene } = await config.look();
      assert.deepEqual(
        scene.heads.map(({ name, shown }) => [name, shown?.size]),
        [
          ['Meta-0', { width: 1024, height: 768 }],
          ['Meta-1', { width: 1280, height: 800 }],
        ],
      );
      await bus.stop();
    });
  });
});
