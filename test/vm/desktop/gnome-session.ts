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
import { SpiceClient } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { UP_MS, WaylandSession } from '../wayland/session.ts';
import { NativeWindow, wholeOf } from '../wayland/window.ts';
import { agentReady } from './desktop.ts';
import { ALICE_LOGS_IN, CALM, workOf } from './gnome.ts';

const SOON_MS = 120_000;
/** For what must not come. */
const NEVER_MS = 6_000;
const PICTURE_BYTES = 3_000_000;

interface Listed {
  readonly user: string;
  readonly class: string;
  readonly served: boolean;
  readonly agent: boolean;
  readonly locked: boolean;
}

/**
 * GNOME on Wayland behind GDM, with nothing between it and a SPICE client but the installed package. One guest for all, and an
 * order: each test goes on with the session that the one before has left.
 */
export function gnomeIn(image: 'gnome' | 'gnome-trixie'): void {
  describe(`GNOME on Wayland, in the guest ${image}`, { skip: noDesktop }, () => {
    let guest: Machine;
    let vdsm: Vdsm;
    let qga: QgaClient;
    let client: SpiceClient;
    let alice: WaylandSession;
    let native: NativeWindow;
    let texts = 0;

    before(async () => {
      guest = await resumeGuest({ image });
      await guest.shell.run(`${CALM}${ALICE_LOGS_IN}`, 120);
      await product.start(guest.shell);
      vdsm = await Vdsm.connect(guest.socketOf('ovirt'));
      qga = await QgaClient.connect(guest.socketOf('qga'));
      client = await connect();
      alice = new WaylandSession(guest.shell, 'alice');
      await logIn();
    });

    after(async () => {
      await client?.[Symbol.asyncDispose]();
      qga?.[Symbol.dispose]();
      vdsm?.[Symbol.dispose]();
      await guest?.[Symbol.asyncDispose]();
    });

    const connect = (...without: readonly 'wallpaper'[]) =>
      SpiceClient.start(guest.socketOf('spice'), path.join(guest.files.folder, 'client.log'), {
        withoutEffects: without,
      });
    const newText = () => `text ${++texts}`;
    const press = (key: string) => guest.qmp.execute('send-key', { keys: [{ type: 'qcode', data: key }] });

    /** GDM logs alice in by itself when it starts. */
    async function logIn(): Promise<void> {
      await guest.shell.run('systemctl start gdm', 120);
      await alice.isUp();
      await until(UP_MS, 'alice to be served', async () => (await isServed()) || undefined);
      await agentReady(client);
      await copiesReachThePrograms(() => alice.paste('clipboard'), UP_MS); // Xwayland starts
      native = await NativeWindow.open(alice, async () => {
        await press('esc'); // GNOME begins with its overview
        await sleep(3000);
      });
    }

    /** Of people: systemd since 256 has one of each user's manager beside them. */
    async function sessions(): Promise<readonly Listed[]> {
      const { return: all } = await qga.ask('uga-session-list');
      return (all as Listed[]).filter((one) => one.class === 'user');
    }
    const isServed = async () =>
      (await sessions()).some(({ user, served, agent }) => user === 'alice' && served && agent);

    /** Each try is new: what was copied while nobody was served stays with the client. */
    async function copiesReachThePrograms(
      paste: () => Promise<string | undefined>,
      timeoutMs = SOON_MS,
    ): Promise<void> {
      await until(timeoutMs, 'what the client copies', async () => {
        const text = newText();
        await client.copy('clipboard', text);
        await sleep(500);
        return (await paste()) === text || undefined;
      });
    }

    async function copiesReachTheClient(copy: (text: string) => Promise<void>): Promise<void> {
      const text = newText();
      await copiesReachThePrograms(() => alice.paste('clipboard'));
      await copy(text);
      await client.sees(SOON_MS, 'what a program copied', (state) => state.guestOwns.clipboard);
      assert.equal(await client.paste('clipboard'), text);
    }

    it('has one agent, which the user manager has started', async () => {
      const pids = await alice.agents();
      assert.equal(pids.length, 1);
      assert.match(await guest.shell.run(`cat /proc/${pids[0]}/cgroup`), /uga-session-agent\.service/);
      const { stdout } = await alice.try('uga status');
      assert.match(stdout, /alice .*wayland, .*served/);
    });

    it('text goes both ways between the client and a native program', async () => {
      await copiesReachThePrograms(() => native.paste());
      await copiesReachTheClient((text) => native.copy(text));
    });

    it('and a program on Xwayland', async () => {
      await copiesReachThePrograms(() => alice.paste('clipboard'));
      await copiesReachTheClient((text) => alice.copy('clipboard', text));
    });

    it('pictures of the client reach both, whole', async () => {
      using folder = temporaryFolder();
      const picture = path.join(folder.path, 'picture.png');
      const content = randomBytes(PICTURE_BYTES);
      writeFileSync(picture, content);
      await client.copyImage('clipboard', picture);
      await until(SOON_MS, 'the offer', async () => (await native.types()).includes('image/png') || undefined);
      assert.deepEqual(await native.pasteWhole('image/png'), wholeOf(content));
      await alice.run('timeout 60 xclip -o -selection clipboard -t image/png >/var/tmp/pasted.png', 70);
      assert.match(await alice.run('sha256sum /var/tmp/pasted.png'), new RegExp(`^${wholeOf(content).sha256}`));
    });

    /** The client asks at once, while GNOME still takes a copy of its own. */
    async function picturesReachTheClient(copy: (file: string) => Promise<void>): Promise<void> {
      for (const bytes of [1, 10_000, PICTURE_BYTES]) {
        await copiesReachThePrograms(() => alice.paste('clipboard'));
        const file = '/var/tmp/copied.png';
        const sum = await alice.run(`head -c ${bytes} /dev/urandom >${file}; sha256sum <${file}`);
        await copy(file);
        await client.sees(SOON_MS, 'the picture', (state) => state.guestOwns.clipboard);
        assert.deepEqual(await client.pasteImage('clipboard'), { bytes, sha256: sum.slice(0, 64) });
      }
    }

    it('pictures of a native program reach the client, whole', async () => {
      await picturesReachTheClient((file) => native.copyFile(file, 'image/png'));
    });

    it('and those of a program on Xwayland', async () => {
      await picturesReachTheClient((file) => alice.copyFile(file, 'image/png'));
    });

    it("follows the size of the client's window, by the device", async () => {
      for (const size of [
        { width: 1234, height: 700 },
        { width: 900, height: 620 },
      ]) {
        await client.resize(size);
        await client.sees(SOON_MS, `${size.width}x${size.height}`, ({ surfaces }) => {
          return Object.values(surfaces).some(({ width, height }) => width === size.width && height === size.height);
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
      assert.notEqual(await alice.paste('clipboard'), text);
      await alice.copy('clipboard', newText());
      await sleep(NEVER_MS);
      assert.equal((await client.state()).guestOwns.clipboard, false);

      const unlocked = vdsm.all('session-unlock').length;
      await alice.run('loginctl unlock-session $(loginctl show-user alice -p Display --value)');
      await until(SOON_MS, 'session-unlock', async () => vdsm.all('session-unlock').length > unlocked || undefined);
      await copiesReachThePrograms(() => alice.paste('clipboard'));
      await copiesReachTheClient((one) => alice.copy('clipboard', one));
    });

    it('does without what a client does not want to see, and has it back when the client leaves', async () => {
      const look = () => alice.run('gsettings get org.gnome.desktop.background picture-options');
      const before = await look();
      assert.notEqual(before, "'none'");
      await client[Symbol.asyncDispose]();
      client = await connect('wallpaper');
      await until(SOON_MS, 'the wallpaper to go', async () => (await look()) === "'none'" || undefined);
      await client[Symbol.asyncDispose]();
      await until(SOON_MS, 'the wallpaper to come back', async () => (await look()) === before || undefined);
      client = await connect();
      await agentReady(client);
    });

    it("another user's session in front is not served with hers, and hers again when it is back", async () => {
      const hers = await guest.shell.run('loginctl show-user alice -p Display --value');
      await guest.shell.run(
        `systemd-run --quiet --collect --unit=lab-bob -p User=bob -p PAMName=login -p TTYPath=/dev/tty5 \
        -p StandardInput=tty -p UtmpIdentifier=tty5 -p UtmpMode=user sleep 600`,
      );
      await until(SOON_MS, "bob's session", async () => {
        const { status } = await guest.shell.try('loginctl activate $(loginctl show-user bob -p Sessions --value)');
        return status === 0 || undefined;
      });
      await until(SOON_MS, 'alice not to be served', async () => !(await isServed()) || undefined);
      await client.copy('clipboard', newText());
      await alice.copy('clipboard', newText());
      await sleep(NEVER_MS);
      assert.equal((await client.state()).guestOwns.clipboard, false);
      await guest.shell.run(`loginctl activate ${hers}; systemctl stop lab-bob`);
      await until(SOON_MS, 'alice to be served', async () => (await isServed()) || undefined);
      await copiesReachThePrograms(() => alice.paste('clipboard'));
      await copiesReachTheClient((text) => alice.copy('clipboard', text));
    });

    it('a shell that is killed takes its session and its agent along, and the next session is served', async () => {
      await copiesReachTheClient((text) => alice.copy('clipboard', text));
      await guest.shell.run('pkill -KILL -u alice -x gnome-shell');
      await client.sees(SOON_MS, 'the end of what was copied', (state) => !state.guestOwns.clipboard);
      await until(SOON_MS, 'the agent to end', async () => {
        return (await alice.agents()).length === 0 || undefined;
      });
      await rests();
      await guest.shell.run(
        'systemctl stop gdm; while loginctl show-user alice; do sleep 1; done >/dev/null 2>&1',
        120,
      );
      await logIn();
      await copiesReachTheClient((text) => alice.copy('clipboard', text));
    });

    it('logs off when an oVirt host says so', async () => {
      vdsm.send('log-off');
      await until(SOON_MS, 'the session to end', async () => {
        return !(await sessions()).some(({ user }) => user === 'alice') || undefined;
      });
      assert.deepEqual(await alice.agents(), []);
    });

    /** A process that has lost its peer and looks for it all the time takes the whole of a processor. */
    async function rests(): Promise<void> {
      const pid = await pidOf(guest.shell, product);
      const before = await workOf(guest.shell, pid);
      await sleep(NEVER_MS);
      assert.ok((await workOf(guest.shell, pid)) - before < NEVER_MS / 2, 'the system agent works all the time');
    }
  });
}
