import assert from 'node:assert/strict';
import { it } from 'node:test';
import { wayland } from '#session-agent/desktop/wayland/backend.ts';
import { DisplayConfig, readState } from '#session-agent/desktop/wayland/monitors/mutter/display-config.ts';
import { planScene } from '#session-agent/desktop/wayland/monitors/plan.ts';
import { arrangerOf } from '#session-agent/monitors/arrangers.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { silent } from '#shared/log/log.ts';
import { startMutter } from '#test/support/desktop/mutter.ts';
import type { Release } from '#test/support/desktop/release.ts';
import { runClient } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });
const OFF = at(0, 0);
const never = new AbortController().signal;

async function open(release: Release) {
  const mutter = await startMutter(['1024x768', '800x600'], release);
  const bus = new BusClient([mutter.bus.socket], silent);
  await bus.start();
  const { monitors, pointerLayout, ...desktop } = await wayland.open({ env: mutter.env, bus, log: silent }, never);
  assert.ok(monitors && pointerLayout, JSON.stringify(desktop.lacks));
  return {
    ...{ mutter, bus, desktop, monitors, layout: pointerLayout },
    /** Another program's view: connector, place and whether it is primary. */
    async seen(): Promise<string[]> {
      const call = ['--dest', 'org.gnome.Mutter.DisplayConfig', '--object-path', '/org/gnome/Mutter/DisplayConfig'];
      const method = ['--method', 'org.gnome.Mutter.DisplayConfig.GetCurrentState'];
      const text = (await runClient(mutter.env, ['gdbus', 'call', '--session', ...call, ...method])).toString();
      const logical = /\((-?\d+), (-?\d+), ([\d.]+), (?:uint32 )?(\d), (true|false), \[\('(Meta-\d)'/g;
      return [...text.matchAll(logical)].map(([, x, y, , , primary, name]) => `${name} ${x},${y} ${primary}`).sort();
    },
    async [Symbol.asyncDispose]() {
      await desktop[Symbol.asyncDispose]();
      await bus.stop();
      await mutter[Symbol.asyncDispose]();
    },
  };
}

/** Monitors of Mutter, read back by gdbus. */
export function mutterMonitorCases(release: () => Release): void {
  const opened = () => open(release());

  it('go where the client has them, by what another program reads', async () => {
    await using session = await opened();
    const { monitors, layout, seen } = session;
    const positioned = true;
    assert.deepEqual(await seen(), ['Meta-0 0,0 true', 'Meta-1 1024,0 false']);
    const below = [at(1024, 768), at(800, 600, 0, 768)];
    assert.deepEqual(await monitors.configure({ monitors: below, positioned }), { applied: true });
    assert.deepEqual(await seen(), ['Meta-0 0,0 true', 'Meta-1 0,768 false']);
    assert.deepEqual(await layout.read(), {
      width: 1024,
      height: 1368,
      displays: [
        { id: 0, ...at(1024, 768) },
        { id: 1, ...at(800, 600, 0, 768) },
      ],
    });
    const left = [at(1024, 768, 800), at(800, 600)];
    assert.deepEqual(await monitors.configure({ monitors: left, positioned }), { applied: true });
    assert.deepEqual(await seen(), ['Meta-0 800,0 true', 'Meta-1 0,0 false']);
  });

  it('go off and on, and one of those that are on is the primary one', async () => {
    await using session = await opened();
    const { monitors, layout, seen } = session;
    assert.deepEqual(await monitors.configure({ monitors: [OFF, at(800, 600, 50)], positioned: true }), {
      applied: true,
    });
    assert.deepEqual(await seen(), ['Meta-1 0,0 true']);
    assert.deepEqual(await layout.read(), { width: 800, height: 600, displays: [{ id: 1, ...at(800, 600) }] });
    const both = [at(1024, 768), at(800, 600)];
    assert.deepEqual(await monitors.configure({ monitors: both, positioned: false }), { applied: true });
    assert.deepEqual(await seen(), ['Meta-0 0,0 false', 'Meta-1 1024,0 true']);
  });

  it('keep their own sizes, side by side without a gap, whatever the client wishes', async () => {
    await using session = await opened();
    const { monitors, seen } = session;
    const wish = { monitors: [at(1500, 900), at(1234, 700, 1500)], positioned: true };
    const why = '1024x768 for 1500x900: the display has no such mode';
    assert.deepEqual(await monitors.configure(wish), { applied: true, why });
    assert.deepEqual(await seen(), ['Meta-0 0,0 true', 'Meta-1 1024,0 false']);
    const gap = { monitors: [at(1024, 768), at(800, 600, 3000)], positioned: true };
    assert.deepEqual(await monitors.configure(gap), { applied: true });
    assert.deepEqual(await seen(), ['Meta-0 0,0 true', 'Meta-1 1024,0 false']);
  });

  it('are not changed by whoever has looked before displays came or went', async () => {
    await using session = await opened();
    const { serial } = await readState(session.bus);
    const name = 'org.gnome.Mutter.DisplayConfig';
    const call = {
      destination: name,
      path: '/org/gnome/Mutter/DisplayConfig',
      interface: name,
      member: 'ApplyMonitorsConfig',
      signature: 'uua(iiduba(ssa{sv}))a{sv}',
      body: [serial - 1, 1, [[0, 0, 1, 0, true, [['Meta-1', '800x600@60.000', new Map()]]]], new Map()],
    };
    await assert.rejects(session.bus.call(call), { code: 'refused', message: /stale/ });
  });

  it('are refused with the reason, and stay as they were', async () => {
    await using session = await opened();
    using config = new DisplayConfig(session.bus);
    const sight = await config.look();
    const terms = { of: 'client', located: [], anySize: true } as const;
    const plan = planScene(sight.scene, { monitors: [at(1024, 768), at(800, 600, 1024)], positioned: true }, terms);
    assert.ok(plan);
    const settings = plan.settings.map((one) => ({ ...one, area: { ...one.area, x: one.area.x * 2 } }));
    await assert.rejects(sight.apply({ ...plan, settings }), /adjacent/);
    assert.deepEqual(await session.seen(), ['Meta-0 0,0 true', 'Meta-1 1024,0 false']);
  });

  it('are reported when another program moves them', async () => {
    await using session = await opened();
    let changes = 0;
    using _ = session.layout.onChange(() => changes++);
    const { serial } = await readState(session.bus);
    const logical = "[(0, 0, 1.0, 0, true, [('Meta-1', '800x600@60.000', {})])]";
    const config = 'org.gnome.Mutter.DisplayConfig';
    const command = ['call', '--session', '--dest', config, '--object-path', '/org/gnome/Mutter/DisplayConfig'];
    const env = { PATH: process.env.PATH ?? '', DBUS_SESSION_BUS_ADDRESS: session.mutter.bus.address };
    const method = ['--method', `${config}.ApplyMonitorsConfig`, `${serial}`, '1', logical, '{}'];
    const before = changes;
    await runClient(env, ['gdbus', ...command, ...method]);
    await until(() => changes > before, 'a change to be told');
    assert.deepEqual((await session.layout.read()).displays, [{ id: 1, ...at(800, 600) }]);
  });

  it('are called as the host calls them, in the layout of the pointer too', async () => {
    await using session = await opened();
    const { monitors, layout, seen } = session;
    monitors.identify([{ id: 2, connector: 'Meta-1', output: 0 }]);
    assert.deepEqual((await layout.read()).displays, [{ id: 2, ...at(800, 600, 1024) }]);
    const wish = { monitors: [OFF, OFF, at(800, 600)], positioned: true };
    assert.deepEqual(await monitors.configure(wish), { applied: true });
    // What the host does not count stays on, beside it.
    assert.deepEqual(await seen(), ['Meta-0 800,0 true', 'Meta-1 0,0 false']);
  });

  it("are nobody's when Mutter ends", async () => {
    await using session = await opened();
    assert.equal(session.desktop.by.monitors, "Mutter's DisplayConfig");
    assert.equal(session.desktop.by.pointerLayout, "Mutter's DisplayConfig");
    session.mutter.program.kill('SIGKILL');
    await session.desktop.lost;
    assert.equal((await session.monitors.configure({ monitors: [at(800, 600)], positioned: true })).applied, false);
  });

  it('are all that it has for programs without a window: the clipboard is not offered to them', async () => {
    await using session = await opened();
    assert.equal(session.desktop.by.clipboard, undefined);
    const why = session.desktop.lacks.clipboard ?? '';
    assert.ok(why.startsWith('ext-data-control: not offered; wlr-data-control: not offered; Xwayland:'), why);
  });

  it('are left to GNOME where the device is what the host changes', async () => {
    await using session = await opened();
    assert.equal(await arrangerOf(session.bus, 'wayland'), 'GNOME');
  });
}
