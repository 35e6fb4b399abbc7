import assert from 'node:assert/strict';
import { it } from 'node:test';
import { noDesktop } from '../needs.ts';
import { Desktop } from './desktop.ts';
import { ours, type Pair, startInSessions } from './pair.ts';

/** The session agent as a unit of the user's own manager, where the kernel's control group names no session. */
const asUserUnit: Pair = {
  ...ours,
  start: async (shell) => {
    await ours.startSystem(shell);
    const environment = ['DISPLAY', 'XAUTHORITY'].map((name) => `--setenv=${name}`).join(' ');
    await startInSessions(shell, `systemd-run --user --quiet --wait --collect ${environment} ${ours.sessionProcess}`);
  },
};

it('a session agent that runs as a systemd user unit serves the graphical session of its user', {
  skip: noDesktop,
}, async () => {
  await using desktop = await Desktop.start(asUserUnit);
  const { shell } = desktop.guest;
  const files = await shell.run(
    `for pid in $(pgrep -u alice -f 'uga.js session-agent$'); do grep -l user@ /proc/$pid/cgroup; done; true`,
  );
  assert.match(files, /^\/proc\/\d+\/cgroup$/m);
  assert.match(await shell.run(`journalctl --unit=${ours.unit} --output=cat`), /session agent connected .*uid=1000/);
});
