import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RootShell } from '../guest/root-shell.ts';
import { noDesktop } from '../needs.ts';
import { until } from '../support/wait.ts';
import { agentReady, Desktop, serves } from './desktop.ts';
import {
  activeSession,
  askForUser,
  type LoginSession,
  loggedOut,
  signIn,
  switchTo,
  toldActive,
  watchLogind,
} from './logind.ts';
import { ours, sessionAgentsOf } from './pair.ts';
import { DesktopSession } from './session.ts';

/** What must be there soon takes a while when the machine is busy. */
const SOON_MS = 20_000;

for (const pair of [ours]) {
  /** One guest for all, and an order: each test goes on with the users that the one before has left at the screen. */
  describe(`the right session is served, with ${pair.unit}`, { skip: noDesktop }, () => {
    let desktop: Desktop;
    let bob: DesktopSession;
    let alicesLogin: LoginSession;
    let bobsLogin: LoginSession;

    before(async () => {
      desktop = await Desktop.start(pair);
    });

    after(async () => {
      await desktop?.[Symbol.asyncDispose]();
    });

    it('a user who is logged in has one session agent, in the session', async () => {
      const { shell } = desktop.guest;
      const pids = await sessionAgentsOf(shell, pair, 'alice');
      assert.equal(pids.length, 1);
      alicesLogin = await activeSession(shell, 'alice');
      assert.match(await shell.run(`cat /proc/${pids[0]}/cgroup`), new RegExp(`/session-${alicesLogin.id}\\.scope$`));
      await serves(desktop, desktop.alice);
    });

    it('a session agent that is killed is replaced, and the new one serves', async () => {
      const { shell } = desktop.guest;
      const [before] = await sessionAgentsOf(shell, pair, 'alice');
      await shell.run(`kill -9 ${before}`);
      await serves(desktop, desktop.alice);
      assert.notDeepEqual(await sessionAgentsOf(shell, pair, 'alice'), [before]);
    });

    it('a system agent that is killed is replaced, and the session is served again', async () => {
      const { shell } = desktop.guest;
      const before = await shell.run(`systemctl show --property=MainPID --value ${pair.unit}`);
      await shell.run(`kill -9 ${before}`);
      await agentReady(desktop.client);
      await serves(desktop, desktop.alice);
    });

    it('a logout ends the session agent, and the next login is served', async () => {
      const { client, alice, guest } = desktop;
      await alice.copy('clipboard', 'gone with the session');
      await client.sees(SOON_MS, 'what alice copied', (state) => state.guestOwns.clipboard);
      await alice.run('openbox --exit');
      await loggedOut(guest.shell, 'alice');
      await client.sees(SOON_MS, 'the release', (state) => !state.guestOwns.clipboard);
      assert.deepEqual(await sessionAgentsOf(guest.shell, pair, 'alice'), []);
      alicesLogin = await signIn(guest.shell, 'alice', PASSWORDS.alice);
      await serves(desktop, alice);
    });

    it('what the served user has copied is taken back while the greeter is at the screen', async () => {
      const { client, alice, guest } = desktop;
      await alice.copy('clipboard', 'what alice has');
      await client.sees(SOON_MS, 'what alice copied', (state) => state.guestOwns.clipboard);
      await askForUser(guest.shell, 'bob');
      await activeSession(guest.shell, 'lightdm');
      await client.sees(SOON_MS, 'the release', (state) => !state.guestOwns.clipboard);
      await client.copy('clipboard', 'for nobody');
      assert.equal(await alice.paste('clipboard'), 'what alice has');
    });

    it('a second user who logs in is served and gets nothing of the first', async () => {
      const { shell } = desktop.guest;
      bobsLogin = await signIn(shell, 'bob', PASSWORDS.bob);
      bob = new DesktopSession(shell, 'bob', bobsLogin.display);
      assert.equal(await bob.paste('clipboard'), undefined);
      await serves(desktop, bob);
      assert.equal(await desktop.alice.paste('clipboard'), 'what alice has');
    });

    it('a switch back serves the first user, and nothing of the second is left', async () => {
      const { client, alice, guest } = desktop;
      await bob.copy('clipboard', 'what bob has');
      await client.sees(SOON_MS, 'what bob copied', (state) => state.guestOwns.clipboard);
      await switchTo(guest.shell, alicesLogin);
      // The first user's own text may be offered at once: what counts is that the second's is not.
      await until(SOON_MS, 'the end of what bob copied', async () => {
        const { guestOwns } = await client.state();
        return !guestOwns.clipboard || (await client.paste('clipboard')) !== 'what bob has' || undefined;
      });
      await serves(desktop, alice);
      assert.equal(await bob.paste('clipboard'), 'what bob has');
    });
    if (pair === ours) {
      it("a switch is carried out within 2 s of logind's signal", async () => {
        const { shell } = desktop.guest;
        await watchLogind(shell);
        for (const login of [bobsLogin, alicesLogin, bobsLogin, alicesLogin]) {
          const before = await servedAt(shell);
          await switchTo(shell, login);
          const after = await until(SOON_MS, 'the served session in the log', async () => {
            const now = await servedAt(shell);
            return now.at > before.at && now.session === login.id ? now : undefined;
          });
          const ms = (after.at - (await toldActive(shell, login))) / 1000;
          assert.ok(ms < 2000, `${login.user} served after ${ms} ms`);
        }
      });
    }
  });
}

/** The last session that our agent's log says it serves, and when it said so, in microseconds of the guest's clock. */
async function servedAt(shell: RootShell): Promise<{ session: string; at: number }> {
  const line = await shell.run(
    `journalctl --unit=${ours.unit} --output=json --grep='^served session session=' | tail -n 1`,
  );
  const entry = JSON.parse(line) as { MESSAGE: string; __REALTIME_TIMESTAMP: string };
  return { session: /session=(\S+)/.exec(entry.MESSAGE)?.[1] ?? '', at: Number(entry.__REALTIME_TIMESTAMP) };
}

/** As the image has them. */
const PASSWORDS = { alice: 'alicepw', bob: 'bobpw' };
