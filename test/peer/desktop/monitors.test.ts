import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Monitor, PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import type { Desktop } from '#session-agent/desktop/backend.ts';
import { x11 } from '#session-agent/desktop/x11/backend.ts';
import { silent } from '#shared/log/log.ts';
import { runClient, startXorgDummy, startXvfb, type XServer } from '#test/support/desktop/x-server.ts';
import { until, without } from '#test/support/programs.ts';

const never = new AbortController().signal;
const one = (width: number, height: number) => ({ monitors: [{ width, height, x: 0, y: 0 }], positioned: true });

const SERVERS = [
  { name: 'Xvfb', skip: without('Xvfb') || without('xrandr'), start: () => startXvfb() },
  { name: 'Xorg', skip: without('Xorg') || without('xrandr'), start: () => startXorgDummy() },
];

interface Opened extends AsyncDisposable {
  readonly server: XServer;
  readonly monitors: NonNullable<Desktop['monitors']>;
  readonly layout: NonNullable<Desktop['pointerLayout']>;
}

async function opened(start: () => Promise<XServer>): Promise<Opened> {
  const server = await start();
  const { monitors, pointerLayout, ...rest } = await x11.open({ env: server.env, log: silent }, never);
  assert.ok(monitors && pointerLayout);
  return {
    server,
    monitors,
    layout: pointerLayout,
    async [Symbol.asyncDispose]() {
      await rest[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** What another program of the session sees: "1024 x 768". */
async function screenSize(server: XServer): Promise<string> {
  const text = (await runClient(server.env, ['xrandr', '--current'])).toString();
  return /current (\d+ x \d+)/.exec(text)?.[1] ?? text;
}

for (const { name, skip, start } of SERVERS) {
  describe(`monitors of ${name}`, { skip }, () => {
    it('follow sizes that the server has no mode for, larger and smaller', async () => {
      await using session = await opened(start);
      for (const [width, height] of [
        [1000, 700],
        [1368, 769],
        [640, 480],
      ] as const) {
        assert.deepEqual(await session.monitors.configure(one(width, height)), { applied: true });
        assert.equal(await screenSize(session.server), `${width} x ${height}`);
        const layout: PointerLayout = await session.layout.read();
        assert.deepEqual(layout, { width, height, displays: [{ id: 0, x: 0, y: 0, width, height }] });
      }
    });

    it('leave no modes behind but the one in use', async () => {
      await using session = await opened(start);
      for (const width of [800, 808, 816, 824]) await session.monitors.configure(one(width, 611));
      const text = (await runClient(session.server.env, ['xrandr', '--current'])).toString();
      assert.deepEqual(text.match(/uga-\d+x\d+/g), ['uga-824x611']);
    });

    it('are cut to what the screen can be', async () => {
      await using session = await opened(start);
      const outcome = await session.monitors.configure(one(0x7fff_ffff, 600));
      const { width, displays } = await session.layout.read();
      assert.equal(width % 8, 0);
      assert.ok(displays.length === 1 && (!outcome.applied || width >= 2048), JSON.stringify({ outcome, width }));
    });

    it('are reported when somebody else changes them', async () => {
      await using session = await opened(start);
      await session.monitors.configure(one(1000, 700));
      let changes = 0;
      session.layout.onChange(() => {
        changes++;
      });
      await runClient(session.server.env, ['xrandr', '--fb', '1200x900']);
      await until(() => changes > 0, 'the report');
      assert.equal((await session.layout.read()).width, 1200);
    });

    it('stay as they are for a wish with no monitor on', async () => {
      await using session = await opened(start);
      const before = await screenSize(session.server);
      const off: Monitor = { width: 0, height: 0, x: 0, y: 0 };
      const outcome = await session.monitors.configure({ monitors: [off], positioned: true });
      assert.equal(outcome.applied, false);
      assert.equal(await screenSize(session.server), before);
    });
  });
}
