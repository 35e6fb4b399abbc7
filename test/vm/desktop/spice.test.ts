import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { noDesktop } from '../needs.ts';
import type { Size } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { Desktop } from './desktop.ts';
import { original, ours } from './pair.ts';

/** Neither is in the list of modes that the display has by itself. */
const SIZES = [
  { width: 1280, height: 720 },
  { width: 1144, height: 900 },
];

/** Not the corner first: a new tablet is there already, and the kernel drops what changes nothing. */
const POINTS = [
  { x: 700, y: 300 },
  { x: 0, y: 0 },
  { x: 1023, y: 767 },
];

const TEXTS = ['plain', 'Grüße, 世界, 🖥️', 'two\nlines\n', 'x'.repeat(50_000)];

/** For what an agent does on a busy machine. */
const SOON_MS = 20_000;

for (const pair of [original, ours]) {
  describe(`a SPICE client and the desktop, with ${pair.unit}`, { skip: noDesktop }, () => {
    let desktop: Desktop;

    before(async () => {
      desktop = await Desktop.start(pair);
    });

    after(async () => {
      await desktop?.[Symbol.asyncDispose]();
    });

    for (const text of TEXTS) {
      it(`what the client copies is read in the guest: ${label(text)}`, async () => {
        await desktop.client.copy('clipboard', text);
        await guestHas(desktop, text);
      });

      it(`what a user of the guest copies is read by the client: ${label(text)}`, async () => {
        await desktop.alice.copy('clipboard', text);
        await clientHas(desktop, text);
      });
    }

    it('the client sees the size that the screen has', async () => {
      await desktop.alice.run('xrandr --output Virtual-1 --mode 1024x768');
      await screenIs(desktop, { width: 1024, height: 768 });
    });

    it('the pointer of the guest goes where the client points', async () => {
      const { client, alice } = desktop;
      await client.sees(SOON_MS, 'the mouse mode of the client', (state) => state.clientMouse);
      for (const at of POINTS) {
        await client.point(at.x, at.y);
        await until(SOON_MS, `the pointer at ${at.x}, ${at.y}`, async () => {
          const pointer = await alice.pointer();
          return (Math.abs(pointer.x - at.x) <= 1 && Math.abs(pointer.y - at.y) <= 1) || undefined;
        });
      }
    });

    for (const size of pair.resizes ? SIZES : []) {
      it(`the screen takes the size that the client asks for: ${size.width}x${size.height}`, async () => {
        await desktop.client.resize(size);
        await screenIs(desktop, size);
      });
    }
  });
}

async function guestHas({ alice }: Desktop, text: string): Promise<void> {
  await until(SOON_MS, 'the text in the guest', async () => (await alice.paste('clipboard')) === text || undefined);
}

async function clientHas({ client }: Desktop, text: string): Promise<void> {
  await client.sees(SOON_MS, 'the grab of the guest', (state) => state.guestOwns.clipboard);
  assert.equal(await client.paste('clipboard'), text);
}

async function screenIs({ client, alice }: Desktop, size: Size): Promise<void> {
  await client.sees(SOON_MS, 'the new size on the screen', ({ surfaces }) => {
    const surface = surfaces[0];
    return surface?.width === size.width && surface.height === size.height;
  });
  assert.deepEqual(await alice.screen(), size);
}

function label(text: string): string {
  return text.length > 40 ? `${text.length} characters` : JSON.stringify(text);
}
