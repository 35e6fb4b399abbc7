import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootDesktop } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import { noDesktop } from '../needs.ts';
import type { Size } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { landsAtCorners } from './corners.ts';
import { Desktop, serves } from './desktop.ts';
import { ours } from './pair.ts';

const SOON_MS = 30_000;
/** What the agent waits before it does what no desktop does. */
const QUIET_MS = 3_000;
/** For a change that must not come, on a machine that may be busy. */
const NEVER_MS = 6_000;

/** None is a mode that a display has by itself, and the first has no width on the grid of 8. */
const SIZES = [
  { width: 1234, height: 701 },
  { width: 1000, height: 620 },
] as const;
const [WISHED, OTHER] = SIZES;
/** Of the second head. */
const SECOND = { width: 800, height: 600 };

describe('the size of a client, with virtio-vga, on a desktop that does nothing itself', { skip: noDesktop }, () => {
  let desktop: Desktop;

  before(async () => {
    desktop = await Desktop.over(await bootDesktop('virtio-vga,max_outputs=2'), ours);
  });

  after(async () => {
    await desktop?.[Symbol.asyncDispose]();
  });

  it('is followed three seconds after the last change', async (t) => {
    for (const size of SIZES) {
      await desktop.client.resize(size);
      await isFollowed(t, desktop, size);
    }
    for (let width = 900; width < 950; width += 10) await desktop.client.resize({ width, height: 600 });
    // The kernel's driver clears the device's word after it has looked: what comes in between is lost on a busy machine.
    await sleep(1000);
    await desktop.client.resize(WISHED);
    await isFollowed(t, desktop, WISHED);
  });

  it('is followed once: what the user sets then stays', async () => {
    await desktop.alice.run('xrandr --output Virtual-1 --mode 1024x768');
    await hasSurfaces(desktop, { width: 1024, height: 768 });
    await staysAt(desktop, { width: 1024, height: 768 });
  });

  it('is followed by an agent that comes after the change', async (t) => {
    const { client, guest } = desktop;
    await guest.shell.run(`systemctl stop ${ours.unit}`);
    await client.resize(OTHER);
    await sleep(QUIET_MS);
    await guest.shell.run(`systemctl start ${ours.unit}`);
    await isFollowed(t, desktop, OTHER);
    await client.resize(WISHED);
    await guest.shell.run(`pkill -KILL -u alice -f '^${ours.sessionProcess}'`);
    await isFollowed(t, desktop, WISHED);
  });

  it('two heads are placed beside each other', async () => {
    const { client, alice } = desktop;
    await client.resize(OTHER, SECOND);
    await until(SOON_MS, 'two heads', async () => {
      const text = await alice.run('xrandr --current');
      const places = [...text.matchAll(/ connected (?:primary )?(\d+x\d+\+\d+\+\d+)/g)].map(([, place]) => place);
      return places.join() === '1000x620+0+0,800x600+1000+0' || undefined;
    });
    await hasSurfaces(desktop, OTHER, SECOND);
  });

  it('the pointer lands on the pixel at every corner of both', async () => {
    const { client, alice } = desktop;
    await client.sees(SOON_MS, 'the mouse mode of the client', (state) => state.clientMouse);
    await landsAtCorners(client, alice, { x: 0, y: 0, ...OTHER }, { x: OTHER.width, y: 0, ...SECOND });
  });

  it('which head is which is the word of the host', async () => {
    // GRAPHICS_DEVICE_INFO of the SPICE server; without it the log has no such line.
    const log = await desktop.alice.run('cat ~alice/.xsession-errors');
    const [, names] = /displays of the host names="?([^"\n]+)/.exec(log) ?? [];
    assert.deepEqual(names?.split(',').sort(), ['0 is Virtual-1', '1 is Virtual-2']);
  });

  it('is left alone where the administrator says so', async () => {
    const { client, guest } = desktop;
    const now = await desktop.alice.screen();
    await guest.shell.run(`printf '[monitors]\\nfollow=off\\n' >/etc/uga/uga.conf.d/follow.conf`);
    await guest.shell.run(`systemctl restart ${ours.unit}`);
    await serves(desktop, desktop.alice);
    await client.resize({ width: 1100, height: 640 });
    await staysAt(desktop, now);
  });
});

async function isFollowed(t: TestContext, desktop: Desktop<Machine>, size: Size): Promise<void> {
  const since = Date.now();
  await hasSurfaces(desktop, size);
  t.diagnostic(`${size.width}x${size.height} after ${Date.now() - since} ms`);
  assert.deepEqual(await desktop.alice.screen(), size);
}

/** Seen by the client, because to ask the guest's X server would make it look at its outputs. */
async function hasSurfaces({ client }: Desktop<Machine>, ...sizes: readonly Size[]): Promise<void> {
  await client.sees(SOON_MS, sizes.map(({ width, height }) => `${width}x${height}`).join(), ({ surfaces }) =>
    sizes.every(({ width, height }, at) => surfaces[at]?.width === width && surfaces[at]?.height === height),
  );
}

async function staysAt({ alice }: Desktop<Machine>, size: Size): Promise<void> {
  await sleep(NEVER_MS);
  assert.deepEqual(await alice.screen(), size);
}
