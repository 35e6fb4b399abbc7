import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '#test/support/programs.ts';
import { noDesktop } from '../needs.ts';
import type { Size } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { landsAtCorners } from './corners.ts';
import { Desktop } from './desktop.ts';
import { Greeter } from './greeter.ts';
import { activeSession } from './logind.ts';
import { original, ours } from './pair.ts';

/** Neither is in the list of modes that the display has by itself. */
const SIZES = [
  { width: 1280, height: 720 },
  { width: 1144, height: 900 },
] as const;

/** Not the corner first: a new tablet is there already, and the kernel drops what changes nothing. */
const POINTS = [
  { x: 700, y: 300 },
  { x: 0, y: 0 },
  { x: 1023, y: 767 },
  { x: 0, y: 767 },
  { x: 1023, y: 0 },
];

/** In LightDM's GTK greeter, from the middle of the screen. */
const PASSWORD = { x: 49, y: 6 };
const LOG_IN = { x: 112, y: 52 };
/** For a login that succeeds. */
const LOGIN_MS = 4_000;
const LOGGED_IN_MS = 90_000;

const TEXTS = ['plain', 'Grüße, 世界, 🖥️', 'two\nlines\n', 'x'.repeat(50_000)];

const PICTURE_BYTES = 20_000_000;

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

    it('what is marked is shared beside the clipboard, both ways', async () => {
      const { client, alice } = desktop;
      await client.copy('clipboard', 'copied by the client');
      await client.copy('primary', 'marked by the client');
      await until(SOON_MS, 'what the client marked', async () => {
        return (await alice.paste('primary')) === 'marked by the client' || undefined;
      });
      assert.equal(await alice.paste('clipboard'), 'copied by the client');
      await alice.copy('primary', 'marked in the guest');
      await client.sees(SOON_MS, 'the grab of the guest', (state) => state.guestOwns.primary);
      assert.equal(await client.paste('primary'), 'marked in the guest');
    });

    it(`a picture of ${PICTURE_BYTES} bytes crosses both ways`, async () => {
      const { client, alice } = desktop;
      using folder = temporaryFolder();
      const file = path.join(folder.path, 'picture.png');
      const picture = randomBytes(PICTURE_BYTES);
      writeFileSync(file, picture);
      await client.copyImage('clipboard', file);
      const sum = createHash('sha256').update(picture).digest('hex');
      await until(SOON_MS, 'the offer', async () => {
        const { stdout } = await alice.try('timeout 10 xclip -o -selection clipboard -t TARGETS');
        return stdout.includes('image/png') || undefined;
      });
      const pasted = await alice.run('timeout 60 xclip -o -selection clipboard -t image/png | sha256sum');
      assert.equal(pasted.slice(0, sum.length), sum);

      const made = await alice.run(
        `head -c ${PICTURE_BYTES} /dev/urandom >/tmp/picture && sha256sum /tmp/picture && ` +
          'xclip -i -selection clipboard -t image/png /tmp/picture >/dev/null 2>&1',
      );
      await client.sees(SOON_MS, 'the grab of the guest', (state) => state.guestOwns.clipboard);
      const { bytes, sha256 } = await client.pasteImage('clipboard');
      assert.deepEqual([bytes, sha256], [PICTURE_BYTES, made.slice(0, sha256.length)]);
    });

    it('the client sees the size that the screen has', async () => {
      await desktop.alice.run('xrandr --output Virtual-1 --mode 1024x768');
      await screenIs(desktop, { width: 1024, height: 768 });
    });

    it('the pointer of the guest goes where the client points', async () => {
      const { client, alice } = desktop;
      const off = pair === ours ? 0 : 1;
      await client.sees(SOON_MS, 'the mouse mode of the client', (state) => state.clientMouse);
      for (const at of POINTS) {
        await client.point(at.x, at.y);
        await until(SOON_MS, `the pointer at ${at.x}, ${at.y}`, async () => {
          const pointer = await alice.pointer();
          const isThere = Math.abs(pointer.x - at.x) <= off && Math.abs(pointer.y - at.y) <= off;
          return isThere || undefined;
        });
      }
    });

    for (const size of pair.resizes ? SIZES : []) {
      it(`the screen takes the size that the client asks for: ${size.width}x${size.height}`, async () => {
        await desktop.client.resize(size);
        await screenIs(desktop, size);
      });
    }

    // spice-vdagentd closes its port where no agent is at the screen.
    if (pair !== ours) return;

    it('the login screen takes the mouse: at every corner, and to log in with a click', async () => {
      const { client, guest } = desktop;
      const greeter = await Greeter.for(guest.shell, 'bob');
      const { width, height } = await greeter.screen();
      assert.notDeepEqual({ width, height }, SIZES.at(-1), 'a greeter of the size that was there before shows nothing');
      await landsAtCorners(client, greeter, { x: 0, y: 0, width, height });
      const click = async (at: { readonly x: number; readonly y: number }) => {
        await client.point(width / 2 + at.x, height / 2 + at.y);
        await client.click();
      };
      // Again if it came before the greeter could take it.
      await until(LOGGED_IN_MS, 'the login of bob', async () => {
        await click(PASSWORD);
        await greeter.type('bobpw');
        await click(LOG_IN);
        await sleep(LOGIN_MS);
        return (await guest.shell.try('pgrep -u bob -x openbox')).status === 0 || undefined;
      });
      await activeSession(guest.shell, 'bob');
    });

    it('the login screen takes the size that the client wants, by an agent of its own', async () => {
      const { client, guest } = desktop;
      await guest.shell.run(
        `sed -n 's/^Exec=//p' /usr/share/gdm/greeter/autostart/uga-session-agent.desktop >/run/lab/greeter-agent`,
      );
      const greeter = await Greeter.for(guest.shell, 'alice');
      await until(SOON_MS, 'the last wish', async () => {
        const { width, height } = await greeter.screen();
        return (width === SIZES[1].width && height === SIZES[1].height) || undefined;
      });
      await landsAtCorners(client, greeter, { x: 0, y: 0, ...SIZES[1] });
    });
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
