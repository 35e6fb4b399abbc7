import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '#test/support/programs.ts';
import { product } from '../guest/agents.ts';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import { QgaClient } from '../guest/qga-client.ts';
import { noDesktop } from '../needs.ts';
import { SpiceClient } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { UP_MS, WaylandSession } from '../wayland/session.ts';
import { wholeOf } from '../wayland/window.ts';
import { agentReady } from './desktop.ts';

const SOON_MS = 90_000;
const PICTURE_BYTES = 3_000_000;

interface Output {
  readonly name: string;
  readonly scale: number;
  readonly rect: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** sway on virtio-gpu, started by nothing that knows of us but one line of its configuration. The last test ends it. */
describe('sway on a virtual display', { skip: noDesktop }, () => {
  let guest: Machine;
  let qga: QgaClient;
  let client: SpiceClient;
  let alice: WaylandSession;
  let texts = 0;

  before(async () => {
    guest = await resumeGuest({ image: 'sway' });
    await product.start(guest.shell);
    qga = await QgaClient.connect(guest.socketOf('qga'));
    client = await SpiceClient.start(guest.socketOf('spice'), path.join(guest.files.folder, 'client.log'));
    alice = new WaylandSession(guest.shell, 'alice');
    await logIn();
  });

  after(async () => {
    await client?.[Symbol.asyncDispose]();
    qga?.[Symbol.dispose]();
    await guest?.[Symbol.asyncDispose]();
  });

  const newText = () => `text ${++texts}`;

  async function logIn(): Promise<void> {
    await guest.shell.run('systemctl start lab-sway', 120);
    await alice.isUp();
    await until(UP_MS, 'alice to be served', async () => {
      const { return: all } = await qga.ask('uga-session-list');
      const served = (all as { user: string; served: boolean; agent: boolean }[]).find((one) => one.served);
      return (served?.user === 'alice' && served.agent) || undefined;
    });
    await agentReady(client);
  }

  async function wlPaste(option = ''): Promise<string | undefined> {
    const { status, stdout } = await alice.try(`timeout 20 wl-paste --no-newline ${option}`);
    return status === 0 ? stdout : undefined;
  }

  const wlCopy = (text: string, option = '') => alice.run(`printf %s "${text}" | wl-copy ${option} >/dev/null 2>&1`);

  async function arrives(selection: 'clipboard' | 'primary'): Promise<void> {
    await until(SOON_MS, 'what the client copies', async () => {
      const text = newText();
      await client.copy(selection, text);
      await sleep(500);
      return (await wlPaste(selection === 'primary' ? '--primary' : '')) === text || undefined;
    });
  }

  async function crosses(selection: 'clipboard' | 'primary'): Promise<void> {
    const option = selection === 'primary' ? '--primary' : '';
    await arrives(selection);
    const text = newText();
    await wlCopy(text, option);
    await client.sees(SOON_MS, 'what a program copied', (state) => state.guestOwns[selection]);
    assert.equal(await client.paste(selection), text);
  }

  const outputs = async () =>
    (JSON.parse(await alice.run('swaymsg -t get_outputs --raw')) as (Output & { active: boolean })[])
      .filter(({ active }) => active)
      .sort((a, b) => a.rect.x - b.rect.x);

  it('has one agent, which reaches the compositor', async () => {
    assert.equal((await alice.agents()).length, 1);
    assert.match(await alice.run('uga status'), /alice .*wayland, .*served/);
  });

  it('text goes both ways, in both selections', async () => {
    await crosses('clipboard');
    await crosses('primary');
  });

  it('pictures go both ways, whole', async () => {
    using folder = temporaryFolder();
    const picture = path.join(folder.path, 'picture.png');
    const content = randomBytes(PICTURE_BYTES);
    writeFileSync(picture, content);
    await client.copyImage('clipboard', picture);
    await until(SOON_MS, 'the offer', async () => (await wlPaste('--list-types'))?.includes('image/png') || undefined);
    await alice.run('timeout 60 wl-paste --type image/png >/var/tmp/pasted.png', 70);
    assert.match(await alice.run('sha256sum /var/tmp/pasted.png'), new RegExp(`^${wholeOf(content).sha256}`));
    await arrives('clipboard');
    await alice.run('wl-copy --type image/png </var/tmp/pasted.png >/dev/null 2>&1');
    await client.sees(SOON_MS, 'the picture', (state) => state.guestOwns.clipboard);
    assert.deepEqual(await client.pasteImage('clipboard'), wholeOf(content));
  });

  it("follows the size of the client's window", async () => {
    await client.resize({ width: 1000, height: 620 });
    await until(SOON_MS, 'the size', async () => (await outputs())[0]?.rect.width === 1000 || undefined);
  });

  it('the pointer is at the pixel that the client points at', async () => {
    await pointsRight();
  });

  it('on two outputs, of which one is scaled, too', async () => {
    await client.resize({ width: 1000, height: 620 }, { width: 800, height: 600 });
    await until(SOON_MS, 'two outputs', async () => (await outputs()).length === 2 || undefined);
    await pointsRight();
    const [, second] = await outputs();
    await alice.run(`swaymsg output ${second?.name} scale 2`);
    await until(SOON_MS, 'the scale', async () => (await outputs()).some(({ scale }) => scale === 2) || undefined);
    await pointsRight();
  });

  it('a compositor that is killed leaves nothing behind, and the next one is served', async () => {
    await wlCopy(newText());
    await client.sees(SOON_MS, 'what a program copied', (state) => state.guestOwns.clipboard);
    await guest.shell.run('pkill -KILL -u alice -x sway');
    await client.sees(SOON_MS, 'the end of what was copied', (state) => !state.guestOwns.clipboard);
    await until(SOON_MS, 'the agent to end', async () => {
      return (await alice.agents()).length === 0 || undefined;
    });
    await logIn();
    await crosses('clipboard');
  });

  /** A full-screen client on each output says where it sees the pointer: in units of the compositor, from the output's corner. */
  async function pointsRight(): Promise<void> {
    for (const [display, { name, scale, rect }] of (await outputs()).entries()) {
      const log = `/var/tmp/wev-${name}`;
      await alice.run(`swaymsg focus output ${name}`);
      await alice.start('lab-wev', `exec stdbuf -oL wev -f wl_pointer >${log} 2>&1`);
      try {
        const pixels = { width: rect.width * scale, height: rect.height * scale };
        for (const [x, y] of [
          [1, 1],
          [123, 457],
          [pixels.width / 2, pixels.height / 2],
          [pixels.width - 2, pixels.height - 2],
        ] as const) {
          await client.point(x - 1, y - 1, display); // or it would be where it is already
          await client.point(x, y, display);
          await until(SOON_MS, `the pointer of ${name} at ${x},${y}`, async () => {
            const { stdout } = await guest.shell.try(`grep -o 'x, y: .*' ${log} | tail -n 1`);
            const [, seenX, seenY] = /x, y: ([-\d.]+), ([-\d.]+)/.exec(stdout) ?? [];
            const isThere = Math.floor(Number(seenX) * scale) === x && Math.floor(Number(seenY) * scale) === y;
            return isThere || undefined;
          });
        }
      } finally {
        await alice.try('systemctl --user stop lab-wev');
      }
    }
  }
});
