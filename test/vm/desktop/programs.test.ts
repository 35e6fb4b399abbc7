import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import { QgaClient } from '../guest/qga-client.ts';
import { noDesktop } from '../needs.ts';
import { Vdsm } from '../ovirt/vdsm.ts';
import { until } from '../support/wait.ts';
import { activeSession, type LoginSession, loggedOut, signIn, toldRemoved, watchLogind } from './logind.ts';
import { ours, sessionAgentsOf, startInSessions } from './pair.ts';
import { DesktopSession } from './session.ts';
import { Words } from './words.ts';

const SOON_MS = 60_000;
/** Long enough for an editor to ask, and for a look at it. */
const GRACE_SECONDS = 15;
/** What the notifications print, and what a screen lock does. */
const NOTICES = '/run/lab/notices';
const LOCKER_LOG = '/run/lab/locker';
const PASSWORD = 'alicepw';

/** One guest for all, and an order: the last test ends the session. */
describe("an oVirt host's words at a desktop with real programs", { skip: noDesktop }, () => {
  let guest: Machine;
  let vdsm: Vdsm;
  let qga: QgaClient;
  let words: Words;
  let alice: DesktopSession;
  let login: LoginSession;

  before(async () => {
    guest = await resumeGuest({ image: 'desktop' });
    const { shell } = guest;
    await shell.run(
      `mkdir -p /run/lab /etc/uga/uga.conf.d && for log in ${NOTICES} ${LOCKER_LOG}; do install -o alice /dev/null $log; done
      printf '[session]\\nlogoff-grace=${GRACE_SECONDS}\\n' >/etc/uga/uga.conf.d/50-test.conf`,
    );
    await ours.startSystem(shell);
    vdsm = await Vdsm.connect(guest.socketOf('ovirt'));
    qga = await QgaClient.connect(guest.socketOf('qga'));
    words = new Words(vdsm, shell);
    alice = new DesktopSession(shell, 'alice', ':0');
    login = await activeSession(shell, 'alice');
    await watchLogind(shell);
    await beside(`stdbuf -oL dunst -print >${NOTICES} 2>&1`);
    await vdsm.newest('os-info', SOON_MS); // of version 2: all has been told
  });

  after(async () => {
    qga?.[Symbol.dispose]();
    vdsm?.[Symbol.dispose]();
    await guest?.[Symbol.asyncDispose]();
  });

  /** Starts a program in alice's session, and a session agent beside it. */
  async function beside(program: string): Promise<void> {
    const [former] = await sessionAgentsOf(guest.shell, ours, 'alice');
    await startInSessions(guest.shell, `${program} &\n${ours.sessionProcess}`);
    if (former !== undefined) {
      await guest.shell.run(`kill ${former}`);
      await until(SOON_MS, 'the next session agent', async () => {
        const [pid] = await sessionAgentsOf(guest.shell, ours, 'alice');
        return (pid !== undefined && pid !== former) || undefined;
      });
    }
    await until(SOON_MS, 'the session agent of alice', async () => (await hasAgent()) || undefined);
  }

  async function hasAgent(): Promise<boolean> {
    const { return: sessions } = await qga.ask('uga-session-list');
    return (sessions as { id: string; agent: boolean }[]).some(({ id, agent }) => id === login.id && agent);
  }

  const isLocked = async () =>
    (await guest.shell.run(`loginctl show-session -p LockedHint --value ${login.id}`)) === 'yes';
  const windows = async (kind: string) =>
    (await alice.try(`xdotool search --onlyvisible --class ${kind}`)).stdout.split('\n').filter(Boolean);

  /** Waits for `session-lock`, which nothing else has come before. */
  async function locks(t: TestContext): Promise<number> {
    const start = Date.now();
    vdsm.send('lock-screen');
    await until(SOON_MS, 'the word of the lock', async () => words.since(start).length > 0 || undefined);
    t.diagnostic(`${words.since(start).join()}: ${Date.now() - start} ms after lock-screen`);
    assert.deepEqual(words.since(start), [['session-lock']]);
    assert.ok(await isLocked());
    return start;
  }

  it('the message of a shutdown stands on the desktop', async () => {
    vdsm.send('shutdown', { timeout: 800, message: 'Maintenance <at> noon', reboot: 'False' });
    await until(SOON_MS, 'the notification', async () => (await windows('dunst')).length > 0 || undefined);
    const shown = await until(SOON_MS, 'its text', async () => {
      const text = await guest.shell.run(`cat ${NOTICES}`);
      return /body:/.test(text) ? text : undefined;
    });
    assert.match(shown, /summary: 'Message of the host'/);
    assert.match(shown, /body: '.*: Maintenance &lt;at&gt; noon'/);
    await guest.shell.run('shutdown -c');
  });

  it('lock-screen locks with xscreensaver, until the password is typed', async (t) => {
    await alice.run(`printf 'mode: blank\\nfade: False\\n' >~/.xscreensaver`);
    await alice.run(`xscreensaver --no-splash >${LOCKER_LOG} 2>&1 &`);
    const state = async () => (await alice.try('xscreensaver-command -time')).stdout;
    await until(SOON_MS, 'the screen saver', async () => /screen/.test(await state()) || undefined);
    const start = await locks(t);
    assert.match(await state(), /screen locked/);
    await until(SOON_MS, 'the unlocked screen', async () => {
      await press('shift'); // brings up the question for it
      await sleep(3_000);
      for (const letter of PASSWORD) await press(letter);
      await press('ret');
      await sleep(3_000);
      return !/screen locked/.test(await state()) || undefined;
    });
    await until(SOON_MS, 'the word of it', async () => words.since(start).length > 1 || undefined);
    assert.deepEqual(words.since(start), [['session-lock'], ['session-unlock']]);
    assert.ok(!(await isLocked()));
    await alice.run('xscreensaver-command -exit');
  });

  it("lock-screen locks with light-locker: LightDM's greeter is at the screen until the password is typed", async (t) => {
    await beside(`light-locker --debug >${LOCKER_LOG} 2>&1`);
    await until(SOON_MS, 'light-locker', async () => {
      const { status } = await alice.try(
        'XDG_RUNTIME_DIR=/run/user/$(id -u) busctl --user status org.gnome.ScreenSaver',
      );
      return status === 0 || undefined;
    });
    const start = await locks(t);
    await activeSession(guest.shell, 'lightdm');
    t.diagnostic(`the greeter is there ${Date.now() - start} ms after lock-screen`);
    await sleep(1_000);
    assert.deepEqual(words.since(start), [['session-lock']], 'alice has not logged off');
    await signIn(guest.shell, 'alice', PASSWORD);
    t.diagnostic(`alice is back ${Date.now() - start} ms after lock-screen`);
    await until(SOON_MS, 'the word of the unlocking', async () => words.since(start).length > 1 || undefined);
    t.diagnostic(`session-unlock ${Date.now() - start} ms after lock-screen`);
    assert.deepEqual(words.since(start), [['session-lock'], ['session-unlock']]);
    assert.ok(!(await isLocked()));
  });

  it('log-off: an editor asks what to do with its text, and the session ends after the time of grace', async (t) => {
    await alice.run('l3afpad >/dev/null 2>&1 &');
    await until(SOON_MS, 'the editor', async () => (await windows('l3afpad')).length === 1 || undefined);
    const title = async () => (await alice.try('xdotool getactivewindow getwindowname')).stdout;
    const empty = await title();
    await until(SOON_MS, 'text in it, which its title tells', async () => {
      await alice.run('xdotool type unsaved');
      return (await title()) !== empty || undefined;
    });
    const start = Date.now();
    vdsm.send('log-off');
    await until(SOON_MS, 'its question', async () => (await windows('l3afpad')).length === 2 || undefined);
    t.diagnostic(`the editor asks ${Date.now() - start} ms after log-off`);
    assert.deepEqual(words.since(start), []);
    await loggedOut(guest.shell, 'alice');
    const took = Date.now() - start;
    t.diagnostic(`the session has ended ${took} ms after log-off`);
    assert.ok(took > GRACE_SECONDS * 1000, `${took} ms`);
    await words.areToldOnce(t, start, [['session-logoff'], ['active-user', 'None']], () =>
      toldRemoved(guest.shell, login),
    );
  });

  /** A key of the guest's own keyboard, by QEMU's name for it. */
  async function press(key: string): Promise<void> {
    await guest.qmp.execute('send-key', { keys: [{ type: 'qcode', data: key }] });
    await sleep(KEY_MS);
  }
});

/** QEMU holds a key for a tenth of a second. */
const KEY_MS = 150;
