import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '#test/support/programs.ts';
import { pidOf, product } from '../guest/agents.ts';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import { QgaClient } from '../guest/qga-client.ts';
import { noDesktop } from '../needs.ts';
import { Vdsm } from '../ovirt/vdsm.ts';
import { type Size, SpiceClient } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { UP_MS, WaylandSession } from '../wayland/session.ts';
import { NativeWindow, wholeOf } from '../wayland/window.ts';
import { agentReady } from './desktop.ts';

const SOON_MS = 120_000;
/** For what must not come. */
const NEVER_MS = 6_000;
const PICTURE_BYTES = 3_000_000;
const DISPLAY = 'Virtual-1';
const SHELL = 'gdbus call --session --dest org.kde.plasmashell --object-path /PlasmaShell';

/**
 * KDE Plasma's own session on virtio-gpu, with nothing between it and a SPICE client but the installed package. One guest for all, and
 * an order: each test goes on with the session that the one before has left.
 */
describe('KDE Plasma on Wayland', { skip: noDesktop }, () => {
  let guest: Machine;
  let vdsm: Vdsm;
  let qga: QgaClient;
  let client: SpiceClient;
  let alice: WaylandSession;
  let native: NativeWindow;
  let texts = 0;

  before(async () => {
    guest = await resumeGuest({ image: 'plasma' });
    await product.start(guest.shell);
    vdsm = await Vdsm.connect(guest.socketOf('ovirt'));
    qga = await QgaClient.connect(guest.socketOf('qga'));
    client = await connect();
    alice = new WaylandSession(guest.shell, 'alice');
    await guest.shell.run('systemctl start lab-plasma', 120);
    await alice.isUp();
    await serves();
    native = await NativeWindow.open(alice, press);
  });

  after(async () => {
    await client?.[Symbol.asyncDispose]();
    qga?.[Symbol.dispose]();
    vdsm?.[Symbol.dispose]();
    await guest?.[Symbol.asyncDispose]();
  });

  const connect = (...without: readonly ('wallpaper' | 'animation')[]) =>
    SpiceClient.start(guest.socketOf('spice'), path.join(guest.files.folder, 'client.log'), {
      withoutEffects: without,
    });
  /** Nobody may copy without their user having done something; which key does not matter. */
  const press = () => guest.qmp.execute('send-key', { keys: [{ type: 'qcode', data: 'shift' }] });
  const newText = () => `text ${++texts}`;

  /** Until alice is served and what the client copies reaches her programs. */
  async function serves(): Promise<void> {
    await until(UP_MS, 'alice to be served', async () => {
      return (await sessions()).some(({ user, served, agent }) => user === 'alice' && served && agent) || undefined;
    });
    await agentReady(client);
    await copiesReachThePrograms(() => wlPaste());
  }

  async function sessions(): Promise<readonly { user: string; served: boolean; agent: boolean; locked: boolean }[]> {
    const { return: all } = await qga.ask('uga-session-list');
    return (all as { user: string; class: string; served: boolean; agent: boolean; locked: boolean }[]).filter(
      (one) => one.class === 'user',
    );
  }

  async function wlPaste(option = ''): Promise<string | undefined> {
    const { status, stdout } = await alice.try(`timeout 20 wl-paste --no-newline ${option}`);
    return status === 0 ? stdout : undefined;
  }

  const wlCopy = (text: string, option = '') => alice.run(`printf %s "${text}" | wl-copy ${option} >/dev/null 2>&1`);

  /** Each try is new: what was copied while nobody was served stays with the client. */
  async function copiesReachThePrograms(
    paste: () => Promise<string | undefined>,
    selection: 'clipboard' | 'primary' = 'clipboard',
  ): Promise<void> {
    await until(SOON_MS, 'what the client copies', async () => {
      const text = newText();
      await client.copy(selection, text);
      await sleep(500);
      return (await paste()) === text || undefined;
    });
  }

  async function copiesReachTheClient(
    copy: (text: string) => Promise<unknown>,
    selection: 'clipboard' | 'primary' = 'clipboard',
  ): Promise<void> {
    const text = newText();
    await copiesReachThePrograms(() => wlPaste(selection === 'primary' ? '--primary' : ''), selection);
    await copy(text);
    await client.sees(SOON_MS, 'what a program copied', (state) => state.guestOwns[selection]);
    assert.equal(await client.paste(selection), text);
  }

  it('has one agent, which the user manager has started, and which reaches KWin', async () => {
    const pids = await alice.agents();
    assert.equal(pids.length, 1);
    assert.match(await guest.shell.run(`cat /proc/${pids[0]}/cgroup`), /uga-session-agent\.service/);
    const said = await alice.run('uga status');
    assert.match(said, /alice .*wayland, .*served/);
    assert.match(said, /clipboard\.text: (ext|wlr)-data-control/);
    assert.match(said, /monitors: KWin's output management/);
  });

  it('text goes both ways between the client and native programs, in both selections', async () => {
    await copiesReachTheClient((text) => wlCopy(text));
    await copiesReachTheClient((text) => wlCopy(text, '--primary'), 'primary');
    await copiesReachThePrograms(() => native.paste());
    await copiesReachTheClient((text) => native.copy(text));
  });

  it('and programs on Xwayland, which are given it while one of them has the keyboard', async () => {
    const foreign = await NativeWindow.open(alice, press, 'x11');
    await copiesReachThePrograms(() => foreign.paste());
    await copiesReachTheClient((text) => foreign.copy(text));
    await foreign.close();
    await copiesReachTheClient((text) => alice.copy('clipboard', text));
  });

  it('pictures go both ways, whole', async () => {
    using folder = temporaryFolder();
    const picture = path.join(folder.path, 'picture.png');
    const content = randomBytes(PICTURE_BYTES);
    writeFileSync(picture, content);
    await client.copyImage('clipboard', picture);
    await until(SOON_MS, 'the offer', async () => (await native.types()).includes('image/png') || undefined);
    assert.deepEqual(await native.pasteWhole('image/png'), wholeOf(content));
    await alice.run('timeout 60 wl-paste --type image/png >/var/tmp/pasted.png', 70);
    assert.match(await alice.run('sha256sum /var/tmp/pasted.png'), new RegExp(`^${wholeOf(content).sha256}`));
    await copiesReachThePrograms(() => wlPaste());
    await native.copyFile('/var/tmp/pasted.png', 'image/png');
    await client.sees(SOON_MS, 'the picture', (state) => state.guestOwns.clipboard);
    assert.deepEqual(await client.pasteImage('clipboard'), wholeOf(content));
  });

  it("follows the size of the client's window, also after somebody has chosen one of the display's own modes", async () => {
    await resizes({ width: 1234, height: 700 });
    await resizes({ width: 900, height: 620 });
    await alice.run(`kscreen-doctor output.${DISPLAY}.mode.1024x768@60`);
    await shows({ width: 1024, height: 768 });
    // KWin keeps the mode that was chosen for as long as the display has it.
    await resizes({ width: 1120, height: 720 });
    await resizes({ width: 1000, height: 640 });
  });

  it('the pointer is at the pixel that the client points at', async () => {
    const { width, height } = await native.cover(DISPLAY);
    assert.deepEqual([width, height], [1000, 640]);
    for (const [x, y] of [
      [1, 1],
      [123, 457],
      [width / 2, height / 2],
      [width - 2, height - 2],
    ] as const) {
      await until(SOON_MS, `the pointer at ${x},${y}`, async () => {
        await client.point(x - 1, y - 1); // or it would be where it is already
        await client.point(x, y);
        await sleep(500);
        const seen = await native.pointer();
        return (seen && Math.floor(seen.x) === x && Math.floor(seen.y) === y) || undefined;
      });
    }
  });

  it('is locked by an oVirt host, and has no clipboard until it is unlocked', async () => {
    const before = vdsm.all('session-lock').length;
    vdsm.send('lock-screen');
    await until(SOON_MS, 'session-lock', async () => vdsm.all('session-lock').length > before || undefined);
    assert.deepEqual(
      (await sessions()).map(({ user, locked }) => [user, locked]),
      [['alice', true]],
    );
    const text = newText();
    await client.copy('clipboard', text);
    await sleep(NEVER_MS);
    assert.notEqual(await wlPaste(), text);
    await wlCopy(newText());
    await sleep(NEVER_MS);
    assert.equal((await client.state()).guestOwns.clipboard, false);

    const unlocked = vdsm.all('session-unlock').length;
    await alice.run('loginctl unlock-session $(loginctl show-user alice -p Display --value)');
    await until(SOON_MS, 'session-unlock', async () => vdsm.all('session-unlock').length > unlocked || undefined);
    await copiesReachTheClient((one) => wlCopy(one));
  });

  it('does without what a client does not want to see, and has it back when the client leaves', async () => {
    const look = async () => {
      const script = 'print(desktops().map(function (d) { return d.wallpaperPlugin; }).join())';
      const wallpaper = await alice.run(`${SHELL} --method org.kde.PlasmaShell.evaluateScript "${script}"`);
      const speed = await alice.run('kreadconfig6 --file kdeglobals --group KDE --key AnimationDurationFactor');
      return [wallpaper, speed];
    };
    const asItWas = await look();
    assert.match(asItWas[0] ?? '', /org\.kde\.image/);
    await client[Symbol.asyncDispose]();
    client = await connect('wallpaper', 'animation');
    await becomes(look, ["('org.kde.color',)", '0']);
    await client[Symbol.asyncDispose]();
    await becomes(look, asItWas);
    client = await connect();
    await agentReady(client);
  });

  it('a KWin that is killed is started again in the same session, which is served again', async () => {
    await copiesReachTheClient((text) => wlCopy(text));
    const [session] = await sessions();
    const [agent] = await alice.agents();
    await guest.shell.run('pkill -KILL -u alice -x kwin_wayland');
    await client.sees(SOON_MS, 'the end of what was copied', (state) => !state.guestOwns.clipboard);
    await rests();
    await serves();
    await copiesReachTheClient((text) => wlCopy(text));
    assert.deepEqual(await sessions(), [session]);
    assert.deepEqual(await alice.agents(), [agent]);
  });

  it('a session that ends takes its agent along, and the next one is served and logged off by an oVirt host', async () => {
    await guest.shell.run('systemctl stop lab-plasma', 120);
    await until(SOON_MS, 'the agent to end', async () => (await alice.agents()).length === 0 || undefined);
    await until(SOON_MS, 'the session to end', async () => (await sessions()).length === 0 || undefined);
    await guest.shell.run('systemctl start lab-plasma', 120);
    await alice.isUp();
    await serves();
    await until(SOON_MS, 'the session manager', async () => {
      return (await alice.try('busctl --user status org.kde.ksmserver')).status === 0 || undefined;
    });
    vdsm.send('log-off');
    await until(SOON_MS, 'the session to end', async () => (await sessions()).length === 0 || undefined);
    assert.deepEqual(await alice.agents(), []);
    const log = await guest.shell.run('journalctl --boot --identifier=node --output=cat');
    assert.match(log, /the desktop was asked to log off by=org\.kde\.Shutdown/);
  });

  async function resizes(size: Size): Promise<void> {
    await client.resize(size);
    await shows(size);
  }

  const shows = (size: Size) =>
    client.sees(SOON_MS, `${size.width}x${size.height}`, ({ surfaces }) => {
      return Object.values(surfaces).some(({ width, height }) => width === size.width && height === size.height);
    });

  const becomes = (look: () => Promise<unknown>, wanted: unknown) =>
    until(SOON_MS, JSON.stringify(wanted), async () => {
      return JSON.stringify(await look()) === JSON.stringify(wanted) || undefined;
    });

  /** A process that has lost its peer and looks for it all the time takes the whole of a processor. */
  async function rests(): Promise<void> {
    const pids = [await pidOf(guest.shell, product), ...(await alice.agents())];
    const ticks = () =>
      guest.shell.run(`cat ${pids.map((pid) => `/proc/${pid}/stat`).join(' ')} | awk '{s += $14 + $15} END {print s}'`);
    const before = Number(await ticks());
    await sleep(NEVER_MS);
    assert.ok(Number(await ticks()) - before < NEVER_MS / 20, 'an agent works all the time');
  }
});
