import assert from 'node:assert/strict';
import { it } from 'node:test';
import { kdeOutputManagement } from '#protocol/wayland/kde-output.ts';
import { wayland } from '#session-agent/desktop/wayland/backend.ts';
import { WaylandConnection } from '#session-agent/desktop/wayland/connection.ts';
import { Devices } from '#session-agent/desktop/wayland/monitors/kwin/devices.ts';
import { Registry } from '#session-agent/desktop/wayland/registry.ts';
import { arrangerOf } from '#session-agent/monitors/arrangers.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { silent } from '#shared/log/log.ts';
import { startKWin } from '#test/support/desktop/kwin.ts';
import type { Release } from '#test/support/desktop/release.ts';
import { runClient } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });
const OFF = at(0, 0);
const never = new AbortController().signal;
const placed = (...monitors: ReturnType<typeof at>[]) => ({ monitors, positioned: true });

async function open(release: Release) {
  const kwin = await startKWin(2, release);
  const { monitors, pointerLayout, ...desktop } = await wayland.open({ env: kwin.env, log: silent }, never);
  assert.ok(monitors && pointerLayout, JSON.stringify(desktop.lacks));
  return {
    ...{ kwin, desktop, monitors, layout: pointerLayout },
    /** What KWin itself says is shown where. */
    async seen(): Promise<string[]> {
      const call = ['call', '--session', '--dest', 'org.kde.KWin', '--object-path', '/KWin'];
      const argv = ['gdbus', ...call, '--method', 'org.kde.KWin.supportInformation'] as const;
      const text = (await runClient(kwin.env, argv)).toString();
      const screens = /Name: (Virtual-\d)\\nEnabled: 1\\nGeometry: (\d+),(\d+),(\d+x\d+)/g;
      return [...text.matchAll(screens)].map(([, name, x, y, size]) => `${name} ${size}+${x}+${y}`).sort();
    },
    async [Symbol.asyncDispose]() {
      await desktop[Symbol.asyncDispose]();
      await kwin[Symbol.asyncDispose]();
    },
  };
}

/** As the user does in the settings. */
async function scaleBy(scale: number, name: string, env: Readonly<Record<string, string>>): Promise<void> {
  const path = `${env.XDG_RUNTIME_DIR}/${env.WAYLAND_DISPLAY}`;
  using connection = WaylandConnection.open(path, silent);
  const registry = await Registry.of(connection);
  using devices = new Devices(registry, () => {});
  await connection.roundTrip();
  const outputdevice = devices.all.find((device) => device.name === name)?.object;
  assert.ok(outputdevice);
  const configuration = registry.bindFirst(kdeOutputManagement).send('create_configuration', {});
  configuration.send('scale', { outputdevice, scale });
  configuration.send('apply', {});
  await connection.roundTrip();
}

/** Monitors of KWin, read back from its bus. */
export function kwinMonitorCases(release: () => Release): void {
  const opened = () => open(release());

  it('go where the client has them, by what KWin says', async () => {
    await using session = await opened();
    const { monitors, layout, seen } = session;
    assert.equal(session.desktop.by.monitors, "KWin's output management");
    assert.deepEqual(await seen(), ['Virtual-0 1024x768+0+0', 'Virtual-1 1024x768+1024+0']);
    const below = placed(at(1024, 768), at(1024, 768, 0, 768));
    assert.deepEqual(await monitors.configure(below), { applied: true });
    assert.deepEqual(await seen(), ['Virtual-0 1024x768+0+0', 'Virtual-1 1024x768+0+768']);
    assert.deepEqual(await layout.read(), {
      width: 1024,
      height: 1536,
      displays: [
        { id: 0, ...at(1024, 768) },
        { id: 1, ...at(1024, 768, 0, 768) },
      ],
    });
  });

  it('keep their own sizes, side by side without a gap', async () => {
    await using session = await opened();
    const why = '1024x768 for 1280x800: the display has no such mode';
    const wish = placed(at(1280, 800, 1300), at(1300, 900));
    assert.deepEqual(await session.monitors.configure(wish), { applied: true, why });
    assert.deepEqual(await session.seen(), ['Virtual-0 1024x768+1024+0', 'Virtual-1 1024x768+0+0']);
  });

  it('go off and on', async () => {
    await using session = await opened();
    const { monitors, layout, seen } = session;
    let changes = 0;
    using _ = layout.onChange(() => changes++);
    assert.deepEqual(await monitors.configure(placed(OFF, at(1024, 768, 1024))), { applied: true });
    assert.deepEqual(await seen(), ['Virtual-1 1024x768+0+0']);
    assert.deepEqual(await layout.read(), { width: 1024, height: 768, displays: [{ id: 1, ...at(1024, 768) }] });
    assert.deepEqual(await monitors.configure(placed(at(1024, 768), at(1024, 768, 1024))), { applied: true });
    assert.deepEqual(await seen(), ['Virtual-0 1024x768+0+0', 'Virtual-1 1024x768+1024+0']);
    await until(() => changes > 0, 'changes to be told');
  });

  it('keep their scales, and touch each other in units of the layout', async () => {
    await using session = await opened();
    const { monitors, layout, seen } = session;
    await scaleBy(1.5, 'Virtual-0', session.kwin.env);
    assert.deepEqual(await monitors.configure(placed(at(1024, 768), at(1024, 768, 1024))), { applied: true });
    assert.deepEqual(await seen(), ['Virtual-0 683x512+0+0', 'Virtual-1 1024x768+683+0']);
    assert.deepEqual((await layout.read()).displays, [
      { id: 0, ...at(683, 512), scale: 1_500_000 },
      { id: 1, ...at(1024, 768, 683) },
    ]);
  });

  it("are the agent's to follow where the device is what the host changes, unlike those of KWin on X11", async () => {
    await using session = await opened();
    const bus = new BusClient([session.kwin.bus.socket], silent);
    await bus.start();
    await new Promise<void>((resolve) => bus.watchName('org.kde.KWin', (owner) => owner && resolve()));
    assert.equal(await arrangerOf(bus, 'wayland'), undefined);
    assert.equal(await arrangerOf(bus, 'x11'), 'KDE Plasma');
    await bus.stop();
  });
}
