import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pidOf, product } from '../guest/agents.ts';
import { QgaClient } from '../guest/qga-client.ts';
import { noDesktop } from '../needs.ts';
import { Vdsm } from '../ovirt/vdsm.ts';
import { until } from '../support/wait.ts';
import { Desktop, serves } from './desktop.ts';
import {
  activeSession,
  askForUser,
  type LoginSession,
  loggedOut,
  signIn,
  switchTo,
  toldActive,
  toldRemoved,
  watchLogind,
} from './logind.ts';
import { ours, type Pair, sessionAgentsOf, startInSessions } from './pair.ts';
import { served, wasInTime } from './served.ts';
import { DesktopSession } from './session.ts';
import { Words } from './words.ts';

/** What must be there soon takes a while when the machine is busy. */
const SOON_MS = 20_000;

/**
 * Each time a session agent starts, its session has just copied a text of its own. So the client sees the moment from which
 * the session is served, without a program of the guest that would have to be started to find out.
 */
const withCopies: Pair = {
  ...ours,
  start: async (shell) => {
    await ours.startSystem(shell);
    const copy = 'echo "of $USER, $(date +%s%N)" | xclip -i -selection clipboard >/dev/null 2>&1';
    await startInSessions(shell, `${copy}\n${ours.sessionProcess}`);
  },
};

/** One guest for all, and an order: each test goes on with the users that the one before has left at the screen. */
describe(`the right session is served, with ${ours.unit}`, { skip: noDesktop }, () => {
  let desktop: Desktop;
  let bob: DesktopSession;
  let alicesLogin: LoginSession;
  let bobsLogin: LoginSession;
  let vdsm: Vdsm;
  /** What an oVirt host hears meanwhile. */
  let words: Words;

  before(async () => {
    desktop = await Desktop.start(withCopies, async ({ shell }) => {
      await shell.run(
        `mkdir -p /etc/uga/uga.conf.d && printf '[session]\\nlogoff-grace=${GRACE_SECONDS}\\n' >/etc/uga/uga.conf.d/50-test.conf`,
      );
    });
    await watchLogind(desktop.guest.shell);
    vdsm = await Vdsm.connect(desktop.guest.socketOf('ovirt'));
    words = new Words(vdsm, desktop.guest.shell);
    await agreed(0);
  });

  after(async () => {
    vdsm?.[Symbol.dispose]();
    await desktop?.[Symbol.asyncDispose]();
  });

  /** The version is agreed upon anew, and all has been told again: this comes with version 2. */
  const agreed = (since: number) => vdsm.newest('os-info', SOON_MS, (message) => vdsm.heardAt(message) > since);
  const active = (login: LoginSession) => () => toldActive(desktop.guest.shell, login);
  const removed = (login: LoginSession) => () => toldRemoved(desktop.guest.shell, login);
  const NOBODY = [['session-logoff'], ['active-user', 'None']] as const;

  /** The session agent of a user, who has one. */
  async function agentOf(user: string): Promise<number> {
    const pids = await sessionAgentsOf(desktop.guest.shell, ours, user);
    assert.equal(pids.length, 1);
    return pids[0] ?? 0;
  }

  it('a user who is logged in has one session agent, in the session', async () => {
    const { shell } = desktop.guest;
    const pid = await agentOf('alice');
    alicesLogin = await activeSession(shell, 'alice');
    assert.match(await shell.run(`cat /proc/${pid}/cgroup`), new RegExp(`/session-${alicesLogin.id}\\.scope$`));
    await serves(desktop, desktop.alice);
  });

  it('a session agent that is killed is replaced, and the new one serves what is copied now', async (t) => {
    const { alice, client, guest } = desktop;
    await alice.copy('clipboard', 'before the kill');
    await client.sees(SOON_MS, 'what alice copied', (state) => state.guestOwns.clipboard);
    const former = await agentOf('alice');
    const since = Date.now();
    await guest.shell.run(`kill -9 ${former}`);
    const at = await served(desktop, since);
    await wasInTime(t, desktop, at, { pid: await agentOf('alice') });
    assert.notEqual(await agentOf('alice'), former);
    await clientHasTextOf(alice);
    await serves(desktop, alice);
  });

  it('a system agent that is killed is replaced, and serves what was copied meanwhile', async (t) => {
    const { alice, client, guest } = desktop;
    const former = await pidOf(guest.shell, product);
    const since = Date.now();
    await guest.shell.run(`kill -9 ${former}`);
    await client.sees(SOON_MS, 'the end of the agent', ({ agent, guestOwns }) => !agent && !guestOwns.clipboard);
    await alice.copy('clipboard', 'while nobody listened');
    const at = await served(desktop, since);
    const pid = await pidOf(guest.shell, product);
    assert.notEqual(pid, former);
    await wasInTime(t, desktop, at, { pid });
    assert.equal(await client.paste('clipboard'), 'while nobody listened');
    await agreed(since);
    await serves(desktop, alice);
  });

  it('a logout ends the session agent, and the next login is served', async (t) => {
    const { client, alice, guest } = desktop;
    await alice.copy('clipboard', 'gone with the session');
    await client.sees(SOON_MS, 'what alice copied', (state) => state.guestOwns.clipboard);
    const end = Date.now();
    await alice.run('openbox --exit');
    await loggedOut(guest.shell, 'alice');
    await client.sees(SOON_MS, 'the release', (state) => !state.guestOwns.clipboard);
    await assert.rejects(client.paste('clipboard'), /has none/);
    assert.deepEqual(await sessionAgentsOf(guest.shell, ours, 'alice'), []);
    await words.areToldOnce(t, end, NOBODY, removed(alicesLogin));
    const since = Date.now();
    alicesLogin = await signIn(guest.shell, 'alice', PASSWORDS.alice);
    const at = await served(desktop, since);
    await wasInTime(t, desktop, at, { login: alicesLogin, pid: await agentOf('alice') });
    await words.areToldOnce(t, since, [['active-user', 'alice'], ['session-logon']], active(alicesLogin));
    await clientHasTextOf(alice);
    await serves(desktop, alice);
  });

  it('what the served user has copied is taken back while the greeter is at the screen', async (t) => {
    const { client, alice, guest } = desktop;
    await alice.copy('clipboard', 'what alice has');
    await client.sees(SOON_MS, 'what alice copied', (state) => state.guestOwns.clipboard);
    const since = Date.now();
    await askForUser(guest.shell, 'bob');
    const greeter = await activeSession(guest.shell, 'lightdm');
    await client.sees(SOON_MS, 'the release', (state) => !state.guestOwns.clipboard);
    await words.areToldOnce(t, since, NOBODY, active(greeter));
    await client.copy('clipboard', 'for nobody');
    assert.equal(await alice.paste('clipboard'), 'what alice has');
  });

  it('a second user who logs in is served and gets nothing of the first', async (t) => {
    const { guest } = desktop;
    const since = Date.now();
    bobsLogin = await signIn(guest.shell, 'bob', PASSWORDS.bob);
    bob = new DesktopSession(guest.shell, 'bob', bobsLogin.display);
    const at = await served(desktop, since);
    await wasInTime(t, desktop, at, { login: bobsLogin, pid: await agentOf('bob') });
    await words.areToldOnce(t, since, [['active-user', 'bob'], ['session-logon']], active(bobsLogin));
    await clientHasTextOf(bob);
    await serves(desktop, bob);
    assert.equal(await desktop.alice.paste('clipboard'), 'what alice has');
  });

  it('each switch serves the other user, and nothing of the former is left', async (t) => {
    const { client, alice, guest } = desktop;
    await alice.copy('clipboard', 'what alice has');
    await bob.copy('clipboard', 'what bob has');
    await client.sees(SOON_MS, 'what bob copied', (state) => state.guestOwns.clipboard);
    for (const login of [alicesLogin, bobsLogin, alicesLogin]) {
      const since = Date.now();
      await switchTo(guest.shell, login);
      await wasInTime(t, desktop, await served(desktop, since), { login });
      await words.areToldOnce(t, since, [['active-user', login.user], ['session-logon']], active(login));
      assert.equal(await client.paste('clipboard'), `what ${login.user} has`);
    }
    await serves(desktop, alice);
    assert.equal(await bob.paste('clipboard'), 'what bob has');
  });

  it('a log-off asks each window to close, and ends the session after the time of grace', async (t) => {
    const { alice, guest } = desktop;
    const log = '/run/lab/window';
    await guest.shell.run(`touch ${log} && chown alice ${log}`);
    await alice.run(`stdbuf -oL xev -event keyboard >${log} 2>&1 &`);
    await until(SOON_MS, 'the window', async () => (await guest.shell.try(`test -s ${log}`)).status === 0 || undefined);
    await alice.run('xdotool search --sync --onlyvisible --name "Event Tester" >/dev/null');
    using host = await QgaClient.connect(guest.socketOf('qga'));
    const since = Date.now();
    const { return: answer } = await host.ask('uga-session-logoff');
    const { session, user, by, seconds } = answer as Record<string, unknown>;
    assert.deepEqual([session, user, seconds], [alicesLogin.id, 'alice', GRACE_SECONDS]);
    assert.match(String(by), /window/);
    await until(SOON_MS, 'the wish at the window', async () => {
      const { status } = await guest.shell.try(`grep -q WM_DELETE_WINDOW ${log}`);
      return status === 0 || undefined;
    });
    await loggedOut(guest.shell, 'alice');
    await words.areToldOnce(t, since, NOBODY, removed(alicesLogin));
    const { return: sessions } = await host.ask('uga-session-list');
    assert.deepEqual(
      (sessions as { user: string; class: string; state: string }[])
        .filter((one) => one.class === 'user' && one.state !== 'closing')
        .map((one) => one.user),
      ['bob'],
    );
  });

  /** The client is given the text that the session has since its agent started. */
  async function clientHasTextOf(session: DesktopSession): Promise<void> {
    const text = await desktop.client.paste('clipboard');
    assert.match(text, new RegExp(`^of ${session.user}, `));
    assert.equal(await session.paste('clipboard'), text);
  }
});

/** Long enough to look at the windows meanwhile. */
const GRACE_SECONDS = 5;

/** As the image has them. */
const PASSWORDS = { alice: 'alicepw', bob: 'bobpw' };
