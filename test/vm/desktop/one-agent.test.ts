import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { product } from '../guest/agents.ts';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import type { ImageName } from '../image/recipe.ts';
import { noDesktop } from '../needs.ts';
import { until } from '../support/wait.ts';
import { activeSession, askForUser, loggedOut, signIn } from './logind.ts';
import { startInSessions } from './pair.ts';

const SOON_MS = 60_000;
/** For a second agent to have asked for the session and been refused. */
const QUIET_MS = 5_000;
const UNIT = 'uga-session-agent.service';

/**
 * Both ways by which the package starts an agent of a session, in sessions of Openbox: a window manager that reads
 * XDG autostart and knows nothing of systemd. One guest for all, and an order.
 */
for (const image of ['desktop', 'desktop-trixie'] as const) oneAgentIn(image);

function oneAgentIn(image: ImageName): void {
  describe(`a session has exactly one agent, in a guest ${image}`, { skip: noDesktop }, () => {
    let guest: Machine;
    const run = (command: string) => guest.shell.run(command);

    const agentsOf = async (user: string) => {
      const { stdout } = await guest.shell.try(`pgrep -u ${user} -f 'uga.js session-agent$'`);
      return stdout.split('\n').filter(Boolean);
    };
    const oneAgentOf = (user: string) =>
      until(SOON_MS, `the agent of ${user}`, async () => {
        const pids = await agentsOf(user);
        const served = await run(
          `journalctl --unit=${product.unit} --output=cat | grep -c 'session agent connected' || true`,
        );
        return pids.length === 1 && Number(served) > 0 ? pids[0] : undefined;
      });
    const staysAlone = async (user: string, pid: string | undefined) => {
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      assert.deepEqual(await agentsOf(user), [pid]);
    };
    /** In reach of the user's own manager and display. */
    const asAlice = (command: string) =>
      `runuser -u alice -- env XDG_RUNTIME_DIR=/run/user/1000 DISPLAY=:0 XAUTHORITY=/home/alice/.Xauthority ${command}`;

    before(async () => {
      guest = await resumeGuest({ image });
      await run('rm -f /home/*/.config/autostart/uga-session-agent.desktop'); // what hides it from the other tests
      await product.start(guest.shell);
    });

    after(async () => {
      await guest?.[Symbol.asyncDispose]();
    });

    it('from XDG autostart, where no graphical-session.target is reached', async () => {
      const former = await activeSession(guest.shell, 'alice');
      await run('systemctl restart lightdm'); // which logs her in by itself
      await until(SOON_MS, 'the login of alice', async () => {
        const { id } = await activeSession(guest.shell, 'alice');
        return id !== former.id || undefined;
      });
      const pid = await oneAgentOf('alice');
      await staysAlone('alice', pid);
      assert.match(await run(`cat /proc/${pid}/cgroup`), /session-[^/]*\.scope$/);
      const { status } = await guest.shell.try(asAlice('systemctl --user is-active graphical-session.target'));
      assert.notEqual(status, 0);
    });

    it('and uga doctor is content with the desktop', async () => {
      await run(`date --set=@${Math.floor(Date.now() / 1000)}`); // a saved machine lives in the past
      const { status, stdout } = await guest.shell.try('uga doctor');
      assert.equal(status, 0, stdout);
      assert.match(stdout, /^ok +sessions .*alice/m);
      assert.doesNotMatch(stdout, /^(FAIL|\?)/m);
    });

    if (image !== 'desktop') return; // what follows is the same in every release, and takes minutes

    it('when the unit is started beside it: that one ends well and stays away', async () => {
      const [pid] = await agentsOf('alice');
      await run(asAlice('systemctl --user import-environment DISPLAY XAUTHORITY'));
      await run(asAlice(`systemctl --user start ${UNIT}`));
      await until(SOON_MS, 'the end of the second agent', async () => {
        const state = await run(asAlice(`systemctl --user show -p ActiveState -p Result ${UNIT}`));
        return (
          state === 'ActiveState=inactive\nResult=success' ||
          state === 'Result=success\nActiveState=inactive' ||
          undefined
        );
      });
      await staysAlone('alice', pid);
    });

    it('when autostart is second: that one ends well, and the unit stays', async () => {
      const [former] = await agentsOf('alice');
      await run(`kill ${former}`);
      await until(SOON_MS, 'no agent', async () => (await agentsOf('alice')).length === 0 || undefined);
      await run(asAlice(`systemctl --user start ${UNIT}`));
      const pid = await oneAgentOf('alice');
      assert.match(await run(`cat /proc/${pid}/cgroup`), /user@1000\.service/);
      const program = await run("sed -n 's/^Exec=//p' /etc/xdg/autostart/uga-session-agent.desktop");
      await startInSessions(guest.shell, `${program}; echo $? >/tmp/second-agent; sleep infinity`);
      const ended = await until(SOON_MS, 'the end of the second agent', async () => {
        const { stdout } = await guest.shell.try('cat /tmp/second-agent');
        return stdout === '' ? undefined : stdout;
      });
      assert.equal(ended, '0\n');
      await run('rm /run/lab/session-agent');
      await staysAlone('alice', pid);
    });

    it('and a greeter has one, in its own session; two sessions have two', async () => {
      // LightDM's greeter reads no autostart folder, so it is told what GDM's would read: lab-greeter in the image.
      await run(
        `sed -n 's/^Exec=//p' /usr/share/gdm/greeter/autostart/uga-session-agent.desktop >/run/lab/greeter-agent`,
      );
      await askForUser(guest.shell, 'bob');
      await activeSession(guest.shell, 'lightdm');
      const greeters = await until(SOON_MS, 'the agent of the greeter', async () => {
        const [pid] = await agentsOf('lightdm');
        const { stdout } = await guest.shell.try('uga status');
        return pid !== undefined && stdout.includes(`process ${pid}`) ? pid : undefined;
      });
      await staysAlone('lightdm', greeters);
      await signIn(guest.shell, 'bob', 'bobpw');
      const pid = await oneAgentOf('bob');
      await staysAlone('bob', pid);
      assert.equal((await agentsOf('alice')).length, 1);
    });

    it('and the end of a session leaves none', async () => {
      await run('pkill -u bob -x openbox');
      await loggedOut(guest.shell, 'bob');
      await until(SOON_MS, 'no agent of bob', async () => (await agentsOf('bob')).length === 0 || undefined);
    });
  });
}
