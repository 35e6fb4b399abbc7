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

const at = (x: number, y: number, width: number, height: number): Monitor => ({ x, y, width, height });

/** What another program sees of the outputs that are on: "DUMMY0 primary 1024x768+0+0". */
async function heads(server: XServer): Promise<string[]> {
  const text = (await runClient(server.env, ['xrandr', '--current'])).toString();
  return [...text.matchAll(/^(\S+) (?:dis)?connected ((?:primary )?\d+x\d+\+\d+\+\d+)/gm)].map(
    ([, name, place]) => `${name} ${place}`,
  );
}

describe('two monitors of Xorg', { skip: without('Xorg') || without('xrandr') }, () => {
  /** The dummy driver's other outputs are connected while they are on. */
  async function openedWithTwo(): Promise<Opened> {
    return opened(async () => {
      const server = await startXorgDummy();
      await runClient(server.env, ['xrandr', '--addmode', 'DUMMY1', '800x600']);
      await runClient(server.env, ['xrandr', '--output', 'DUMMY1', '--mode', '800x600', '--right-of', 'DUMMY0']);
      assert.deepEqual(await heads(server), ['DUMMY0 primary 1024x768+0+0', 'DUMMY1 800x600+1024+0']);
      return server;
    });
  }

  it('go where the client wants them, and the primary one stays the primary one', async () => {
    await using session = await openedWithTwo();
    const { monitors, layout, server } = session;
    const beside = { monitors: [at(0, 0, 1000, 700), at(1000, 100, 648, 480)], positioned: true };
    assert.deepEqual(await monitors.configure(beside), { applied: true });
    assert.deepEqual(await heads(server), ['DUMMY0 primary 1000x700+0+0', 'DUMMY1 648x480+1000+100']);
    assert.deepEqual(await layout.read(), {
      width: 1648,
      height: 700,
      displays: [
        { id: 0, x: 0, y: 0, width: 1000, height: 700 },
        { id: 1, x: 1000, y: 100, width: 648, height: 480 },
      ],
    });
    const swapped = { monitors: [at(648, 0, 1000, 700), at(0, 0, 648, 480)], positioned: true };
    assert.deepEqual(await monitors.configure(swapped), { applied: true });
    assert.deepEqual(await heads(server), ['DUMMY0 primary 1000x700+648+0', 'DUMMY1 648x480+0+0']);
    const unplaced = { monitors: [at(7, 7, 800, 600), at(7, 7, 640, 480)], positioned: false };
    assert.deepEqual(await monitors.configure(unplaced), { applied: true });
    assert.deepEqual(await heads(server), ['DUMMY0 primary 800x600+0+0', 'DUMMY1 640x480+800+0']);
  });

  it('go off, and a wish for more than there are outputs says so', async () => {
    await using session = await openedWithTwo();
    const { monitors, server } = session;
    const one = { monitors: [at(0, 0, 1000, 700), at(0, 0, 0, 0)], positioned: true };
    assert.deepEqual(await monitors.configure(one), { applied: true });
    assert.deepEqual(await heads(server), ['DUMMY0 primary 1000x700+0+0']);
    // This driver's second output is connected only as long as it is on.
    const both = { monitors: [at(0, 0, 800, 600), at(0, 600, 800, 600)], positioned: true };
    const outcome = await monitors.configure(both);
    assert.deepEqual(outcome, { applied: true, why: '1 of 2 monitors: there are 1 outputs' });
    assert.deepEqual(await heads(server), ['DUMMY0 primary 800x600+0+0']);
  });

  it('are as before after a wish that the server refuses half-way, and take the next one', async () => {
    await using session = await openedWithTwo();
    const { monitors, layout, server } = session;
    const before = { seen: await heads(server), read: await layout.read() };
    // The second one is switched off first; then there is no memory for a screen of that size.
    const tooMuch = { monitors: [at(0, 0, 30_000, 30_000)], positioned: true };
    const outcome = await monitors.configure(tooMuch);
    assert.equal(outcome.applied, false);
    assert.match(outcome.why ?? '', /the display stays at 1824x768/);
    assert.deepEqual({ seen: await heads(server), read: await layout.read() }, before);
    assert.deepEqual(await monitors.configure(tooMuch), outcome);
    const next = { monitors: [at(0, 0, 800, 600), at(800, 0, 800, 600)], positioned: true };
    assert.deepEqual(await monitors.configure(next), { applied: true });
    assert.deepEqual(await heads(server), ['DUMMY0 primary 800x600+0+0', 'DUMMY1 800x600+800+0']);
  });
});
