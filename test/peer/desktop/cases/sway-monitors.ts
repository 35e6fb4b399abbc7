import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  monitorsConfigure,
  monitorsTerms,
  type PointerLayout,
  pointerLayout,
} from '#protocol/ipc/messages/monitors.ts';
import { wayland } from '#session-agent/desktop/wayland/backend.ts';
import { WaylandConnection } from '#session-agent/desktop/wayland/connection.ts';
import { planScene } from '#session-agent/desktop/wayland/monitors/plan.ts';
import { OutputManager } from '#session-agent/desktop/wayland/monitors/wlroots/output-manager.ts';
import { xdgOutputWay } from '#session-agent/desktop/wayland/pointer-layout/xdg-output.ts';
import { Registry } from '#session-agent/desktop/wayland/registry.ts';
import { silent } from '#shared/log/log.ts';
import type { Release } from '#test/support/desktop/release.ts';
import { runningSession } from '#test/support/desktop/session-agent.ts';
import { startSway } from '#test/support/desktop/sway.ts';
import { runClient } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });
const WAIT_MS = 10_000;
const never = new AbortController().signal;
const placed = (...monitors: ReturnType<typeof at>[]) => ({ monitors, positioned: true });

interface SwayOutput {
  readonly name: string;
  readonly active: boolean;
  readonly current_mode: { readonly width: number; readonly height: number };
  readonly rect: { readonly x: number; readonly y: number };
}

async function open(release: Release) {
  const config = [
    'xwayland disable',
    'output HEADLESS-1 resolution 1024x768 position 0 0',
    'output HEADLESS-2 resolution 800x600 position 1024 0',
  ];
  const sway = await startSway(config, release);
  // Of displays without a screen there is one at first.
  await runClient(sway.env, ['swaymsg', 'create_output']);
  const { monitors, pointerLayout, ...desktop } = await wayland.open({ env: sway.env, log: silent }, never);
  assert.ok(monitors && pointerLayout, JSON.stringify(desktop.lacks));
  const command = async (...words: string[]) => (await runClient(sway.env, ['swaymsg', '-r', ...words])).toString();
  return {
    ...{ sway, desktop, monitors, layout: pointerLayout, command },
    /** What sway itself says is shown where. */
    async seen(): Promise<string[]> {
      const outputs: readonly SwayOutput[] = JSON.parse(await command('-t', 'get_outputs'));
      const on = outputs.filter(({ active }) => active);
      return on
        .map(({ name, current_mode: mode, rect }) => `${name} ${mode.width}x${mode.height}+${rect.x}+${rect.y}`)
        .sort();
    },
    async [Symbol.asyncDispose]() {
      await desktop[Symbol.asyncDispose]();
      await sway[Symbol.asyncDispose]();
    },
  };
}

/** Monitors of sway, read back by its own program. */
export function swayMonitorCases(release: () => Release): void {
  const opened = () => open(release());

  it('have any size and place that the client has, by what sway says', async () => {
    await using session = await opened();
    const { monitors, layout, seen } = session;
    assert.equal(session.desktop.by.monitors, 'wlr-output-management');
    assert.equal(session.desktop.by.pointerLayout, 'wlr-output-management');
    assert.deepEqual(await seen(), ['HEADLESS-1 1024x768+0+0', 'HEADLESS-2 800x600+1024+0']);
    const wish = placed(at(1239, 701), at(640, 900, 1239, 50));
    assert.deepEqual(await monitors.configure(wish), { applied: true });
    assert.deepEqual(await seen(), ['HEADLESS-1 1232x701+0+0', 'HEADLESS-2 640x900+1232+50']);
    const shown = [
      { id: 0, ...at(1232, 701) },
      { id: 1, ...at(640, 900, 1232, 50) },
    ];
    assert.deepEqual(await layout.read(), { width: 1872, height: 950, displays: shown });
    assert.deepEqual(await monitors.configure(placed(at(800, 600), at(800, 600, 0, 600))), { applied: true });
    assert.deepEqual(await seen(), ['HEADLESS-1 800x600+0+0', 'HEADLESS-2 800x600+0+600']);
  });

  it('have the very size of the device where that is followed', async () => {
    await using session = await opened();
    const wish = placed(at(1013, 701), at(800, 600, 1013));
    assert.deepEqual(await session.monitors.configure(wish, 'device'), { applied: true });
    assert.deepEqual(await session.seen(), ['HEADLESS-1 1013x701+0+0', 'HEADLESS-2 800x600+1013+0']);
  });

  it('keep their scales, and touch each other in units of the layout', async () => {
    await using session = await opened();
    const { monitors, layout, command, seen } = session;
    await command('output', 'HEADLESS-1', 'scale', '1.5');
    assert.deepEqual(await monitors.configure(placed(at(1200, 900), at(800, 600, 1200))), { applied: true });
    assert.deepEqual(await seen(), ['HEADLESS-1 1200x900+0+0', 'HEADLESS-2 800x600+800+0']);
    const scaled = { id: 0, ...at(800, 600), scale: 1_500_000 };
    assert.deepEqual((await layout.read()).displays, [scaled, { id: 1, ...at(800, 600, 800) }]);
    // 1024 is no whole number of units then: what sway makes of it is what is told.
    assert.deepEqual(await monitors.configure(placed(at(1024, 768), at(800, 600, 1024))), { applied: true });
    const [first, second] = (await layout.read()).displays;
    assert.deepEqual(first, { id: 0, ...at(682, 512), scale: 1_500_000 });
    assert.ok(second && Math.abs(second.x - 682) <= 1, JSON.stringify(second));
  });

  it('are reported when they come, and when somebody else changes them', async () => {
    await using session = await opened();
    const { layout, command } = session;
    let changes = 0;
    using _ = layout.onChange(() => changes++);
    const until2 = async (what: string, test: (sizes: string) => boolean) => {
      for (let seen = -1; ; ) {
        const { displays } = await layout.read();
        if (test(displays.map(({ width, height }) => `${width}x${height}`).join())) return;
        await until(() => changes > seen, what);
        seen = changes;
      }
    };
    await command('output', 'HEADLESS-1', 'resolution', '1111x777');
    await until2('a resize', (sizes) => sizes === '1111x777,800x600');
    await command('create_output');
    await until2('a third display', (sizes) => /^1111x777,800x600,\d+x\d+$/.test(sizes));
    assert.ok(changes > 1);
  });

  it('are told to the pointer also where no program may change them', async () => {
    await using session = await opened();
    await session.command('output', 'HEADLESS-2', 'scale', '2');
    using connection = WaylandConnection.open(session.sway.socket, silent);
    const registry = await Registry.of(connection);
    const place = {
      connection,
      registry,
      env: session.sway.env,
      bus: undefined,
      log: silent,
      pollsClipboard: false,
      signal: never,
    };
    await using way = await xdgOutputWay.open(place);
    assert.deepEqual(await way.port.read(), await session.layout.read());
    assert.deepEqual((await way.port.read()).displays, [
      { id: 0, ...at(1024, 768) },
      { id: 1, ...at(400, 300, 1024), scale: 2_000_000 },
    ]);
  });

  it('are planned anew when sway says that something has changed meanwhile', async () => {
    await using session = await opened();
    using connection = WaylandConnection.open(session.sway.socket, silent);
    using manager = await OutputManager.open({ connection, registry: await Registry.of(connection), env: {} });
    const sight = await manager.look();
    const planFor = (width: number) => {
      const plan = planScene(sight.scene, placed(at(width, 600), at(640, 480, width)), {
        ...{ of: 'client', located: [], anySize: true },
      });
      assert.ok(plan);
      return plan;
    };
    const answers = await Promise.all([sight.apply(planFor(800)), sight.apply(planFor(880))]);
    assert.deepEqual(answers, ['done', 'stale']);
    assert.deepEqual(await session.seen(), ['HEADLESS-1 800x600+0+0', 'HEADLESS-2 640x480+800+0']);
  });

  it('go off and on; where that cannot be had, it is told, and they stay as they were', async () => {
    await using session = await opened();
    const { monitors, seen, command } = session;
    const { minor } = JSON.parse(await command('-t', 'get_version'));
    const outcome = await monitors.configure(placed(at(1024, 768)));
    if (minor <= 7) {
      // It does not switch displays off that have no screen.
      assert.deepEqual(outcome, { applied: false, why: 'the compositor cannot do it' });
      assert.deepEqual(await monitors.configure(placed(at(1024, 768))), outcome);
      assert.equal((await seen()).length, 2);
      return;
    }
    assert.deepEqual(outcome, { applied: true });
    assert.deepEqual(await seen(), ['HEADLESS-1 1024x768+0+0']);
    assert.deepEqual(await monitors.configure(placed(at(1024, 768), at(800, 600, 1024))), { applied: true });
    assert.deepEqual(await seen(), ['HEADLESS-1 1024x768+0+0', 'HEADLESS-2 800x600+1024+0']);
  });

  it('are set by the whole agent, which says where the pointer finds them and that it follows devices here', async () => {
    await using session = await opened();
    await using run = await runningSession(session.sway.env);
    const { link } = run.served();
    const layouts: PointerLayout[] = [];
    using _ = link.on(pointerLayout, (layout) => layouts.push(layout));
    assert.equal((await link.call(monitorsTerms, { follow: 'auto', displays: [] }, WAIT_MS)).why, undefined);
    await session.command('output', 'HEADLESS-1', 'scale', '1.5');
    const wish = placed(at(1200, 750), at(640, 480, 1200));
    assert.equal((await link.call(monitorsConfigure, wish, WAIT_MS)).applied, true);
    assert.deepEqual(await session.seen(), ['HEADLESS-1 1200x750+0+0', 'HEADLESS-2 640x480+800+0']);
    await until(() => layouts.at(-1)?.width === 1440, 'the layout to be told');
    assert.deepEqual(layouts.at(-1)?.displays[0], { id: 0, ...at(800, 500), scale: 1_500_000 });
    for (const feature of ['monitors', 'monitors.follow', 'pointer.layout']) {
      assert.equal(run.ways().find((way) => way.feature === feature)?.by, 'wlr-output-management');
    }
  });

  it("are nobody's when sway ends", async () => {
    await using session = await opened();
    session.sway.program.kill('SIGKILL');
    await session.desktop.lost;
    assert.equal((await session.monitors.configure(placed(at(800, 600)))).applied, false);
  });
}
