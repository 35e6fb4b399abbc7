import path from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { resumeGuest } from '../guest/guest.ts';
import type { RootShell } from '../guest/root-shell.ts';
import { noDesktop } from '../needs.ts';
import { until } from '../support/wait.ts';
import { original, ours, startInSessions } from './pair.ts';
import type { PointerFigures } from './pointer-probe.ts';

/** Where the tests and the programs they start are once bundled. */
const BUNDLES = path.dirname(fileURLToPath(import.meta.url));
const SOCKET = '/run/lab/port';
const FIGURES = '/run/lab/figures';
const PROBE = '/usr/lib/uga/node /opt/uga/vm-desktop-pointer-probe.js';
const DONE_MS = 240_000;

/** Each pair with the probe as its host. */
const PAIRS: Readonly<Record<string, (shell: RootShell) => Promise<void>>> = {
  'spice-vdagentd with spice-vdagent': async (shell) => {
    await shell.run(
      `systemd-run --quiet --collect --unit=${original.unit} --property=RuntimeDirectory=spice-vdagentd \
        /opt/originals/spice-vdagentd -x -s ${SOCKET}`,
    );
    await startInSessions(shell, `${original.sessionProcess} -s ${SOCKET}`);
  },
  uga: async (shell) => {
    await shell.run(`printf '[channels]\\nvdagent=unix-connect:${SOCKET}\\n' >/etc/uga/uga.conf.d/port.conf`);
    await ours.start(shell);
  },
};

for (const [name, start] of Object.entries(PAIRS)) {
  it(`how quick the pointer is with a real tablet: ${name}`, { skip: noDesktop }, async (t) => {
    await using guest = await resumeGuest({ image: 'desktop', payload: BUNDLES });
    const { shell } = guest;
    await shell.run(
      `mkdir -p /run/lab; DISPLAY=:0 XAUTHORITY=/home/alice/.Xauthority ${PROBE} ${SOCKET} >${FIGURES} 2>&1 &`,
    );
    await until(
      DONE_MS,
      'the socket of the probe',
      async () => (await shell.try(`test -S ${SOCKET}`)).status === 0 || undefined,
    );
    await start(shell);
    const said = await until(DONE_MS, 'the figures', async () => (await shell.run(`cat ${FIGURES}`)) || undefined);
    const { toX, rate } = JSON.parse(said) as PointerFigures;
    t.diagnostic(`a move is at X after ${Math.round(toX)} µs; ${Math.round(rate)} presses and moves a second`);
  });
}
