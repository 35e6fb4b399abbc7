import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Geometry, RandR } from 'x11';
import type { Monitor, PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import type { Desktop } from '#session-agent/desktop/backend.ts';
import { x11 } from '#session-agent/desktop/x11/backend.ts';
import { parseDisplayName, XConnection } from '#session-agent/desktop/x11/connection.ts';
import { readScreen } from '#session-agent/desktop/x11/monitors/state.ts';
import { silent } from '#shared/log/log.ts';
import { heads, ourModes, screenSize } from '#test/support/desktop/heads.ts';
import { runClient, startXorgDummy, startXvfb, type XServer } from '#test/support/desktop/x-server.ts';
import { until, without } from '#test/support/programs.ts';

/** RRCrtcChangeNotify and RRScreenChangeNotify. */
const CRTC_CHANGES = 3;
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
      const own = await session.layout.read();
      for (const width of [800, 808, 816, 824]) await session.monitors.configure(one(width, 611));
      assert.deepEqual(await ourModes(session.server), ['uga-824x611']);
      await session.monitors.configure(one(own.width, own.height));
      assert.deepEqual(await ourModes(session.server), []);
    });

    it('are cut to what the screen can be', async () => {
      await using session = await opened(start);
      const outcome = await session.monitors.configure(one(0x7fff_ffff, 600));
      const { width, displays } = await session.layout.read();
      assert.equal(width % 8, 0);
      assert.ok(displays.length === 1 && (!outcome.applied || width >= 800), JSON.stringify({ outcome, width }));
    });

    it('have 96 dots per inch', { skip: without('xdpyinfo') }, async () => {
      await using session = await opened(start);
      await session.monitors.configure(one(1000, 700));
      const text = (await runClient(session.server.env, ['xdpyinfo'])).toString();
      assert.match(text, /dimensions: +1000x700 pixels \(26[45]x185 millimeters\)/);
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

  it('go off and on, and a wish for more than there are outputs says so', async () => {
    await using session = await openedWithTwo();
    const { monitors, server } = session;
    const one = { monitors: [at(0, 0, 1000, 700), at(0, 0, 0, 0)], positioned: true };
    assert.deepEqual(await monitors.configure(one), { applied: true });
    assert.deepEqual(await heads(server), ['DUMMY0 primary 1000x700+0+0']);
    const seventeen = Array.from({ length: 17 }, (_, index) => at(0, 200 * index, 320, 200));
    const outcome = await monitors.configure({ monitors: seventeen, positioned: true });
    assert.deepEqual(outcome, { applied: true, why: '16 of 17 monitors: there is no place for more' });
    assert.equal((await heads(server)).length, 16);
  });

  it('share a mode that had to be made', async () => {
    await using session = await openedWithTwo();
    const { monitors, server } = session;
    const twice = { monitors: [at(0, 0, 1008, 611), at(1008, 0, 1008, 611)], positioned: true };
    assert.deepEqual(await monitors.configure(twice), { applied: true });
    assert.deepEqual(await heads(server), ['DUMMY0 primary 1008x611+0+0', 'DUMMY1 1008x611+1008+0']);
    assert.deepEqual(await ourModes(server), ['uga-1008x611', 'uga-1008x611'], 'one mode on two outputs');
  });

  it('are those that the host says', async () => {
    await using session = await openedWithTwo();
    const { monitors, layout, server } = session;
    const named = (id: number, connector: string) => ({ id, connector, output: 0 });
    monitors.identify([named(0, 'DUMMY-9'), named(1, 'DUMMY-8')]);
    assert.deepEqual(
      (await layout.read()).displays.map(({ id }) => id),
      [0, 1],
      'nothing of it is there',
    );
    monitors.identify([
      { id: 3, connector: undefined, output: 0 },
      { id: 0, connector: undefined, output: 1 },
    ]);
    const wish = {
      monitors: [at(0, 0, 800, 600), at(0, 0, 8, 8), at(0, 0, 8, 8), at(800, 0, 640, 480)],
      positioned: true,
    };
    await monitors.configure(wish);
    assert.deepEqual(await heads(server), ['DUMMY0 primary 640x480+800+0', 'DUMMY1 800x600+0+0']);
    assert.deepEqual(
      (await layout.read()).displays.map(({ id, x }) => [id, x]),
      [
        [0, 0],
        [3, 800],
      ],
    );
  });

  it('are as before after a wish that the server refuses half-way, and take the next one', async () => {
    await using session = await openedWithTwo();
    const { monitors, layout, server } = session;
    const before = { seen: await heads(server), read: await layout.read() };
    // Both are switched off first; then there is no memory for a screen of that size.
    const tooMuch = { monitors: [at(0, 0, 16_000, 30_000), at(16_000, 0, 16_000, 30_000)], positioned: true };
    const outcome = await monitors.configure(tooMuch);
    assert.equal(outcome.applied, false);
    assert.match(outcome.why ?? '', /the display stays at 1824x768/);
    assert.deepEqual({ seen: await heads(server), read: await layout.read() }, before);
    assert.deepEqual(await ourModes(server), [], 'no mode of it stays');
    let changes = 0;
    layout.onChange(() => changes++);
    assert.deepEqual(await monitors.configure(tooMuch), outcome);
    assert.equal(changes, 0, 'it is not tried again');
    const next = { monitors: [at(0, 0, 800, 600), at(800, 0, 800, 600)], positioned: true };
    assert.deepEqual(await monitors.configure(next), { applied: true });
    assert.deepEqual(await heads(server), ['DUMMY0 primary 800x600+0+0', 'DUMMY1 800x600+800+0']);
  });

  it('are set in one go, before a settings daemon answers the first step', async () => {
    await using session = await openedWithTwo();
    const { monitors, server } = session;
    await using daemon = await settingsDaemon(server);
    const smaller = { monitors: [at(0, 0, 640, 480), at(0, 480, 640, 120)], positioned: true };
    assert.deepEqual(await monitors.configure(smaller), { applied: true });
    await until(() => daemon.answers > 0, 'the daemon to answer');
    assert.equal(await screenSize(server), '640 x 600');
  });

  it('are one of the largest size there is, where a single one cannot be what is wished', async () => {
    await using session = await openedWithTwo();
    const { monitors, server } = session;
    const tooMuch = { monitors: [at(0, 0, 30_000, 30_000)], positioned: true };
    const outcome = await monitors.configure(tooMuch);
    assert.equal(outcome.applied, true);
    assert.match(outcome.why ?? '', /^1024x768 instead, which is the nearest: the display stays at/);
    assert.deepEqual(await heads(server), ['DUMMY0 primary 1024x768+0+0']);
    assert.deepEqual(await monitors.configure(tooMuch), outcome);
  });
});

/** Whatever changes, it has the first monitor as it was: what desktops' daemons do while a monitor is off for a moment. */
async function settingsDaemon(server: XServer) {
  const x = await XConnection.open(parseDisplayName(server.env.DISPLAY ?? ''), server.env, silent, never);
  const randr = await x.ask<RandR>('RandR', (client, done) => client.require('randr', done));
  const [first] = (await readScreen(x, randr)).crtcs.filter(({ mode }) => mode !== 0);
  assert.ok(first);
  randr.SelectInput(x.root, CRTC_CHANGES);
  const state = { answers: 0 };
  const listening = x.listen(() => {
    randr.SetCrtcConfig(first.id, 0, 0, first.x, first.y, first.mode, first.rotation, first.output, () => {
      state.answers++;
      return true; // an error is an answer too
    });
  });
  await x.ask<Geometry>('the daemon', (client, done) => client.GetGeometry(x.root, done)); // the server knows of it
  return {
    get answers() {
      return state.answers;
    },
    async [Symbol.asyncDispose]() {
      listening[Symbol.dispose]();
      await x[Symbol.asyncDispose]();
    },
  };
}
