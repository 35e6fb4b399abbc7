import { product } from '../guest/agents.ts';
import type { RootShell } from '../guest/root-shell.ts';

/** A system agent with the session agents that every desktop session of the guest starts. */
export interface Pair {
  /** The system agent's unit. */
  readonly unit: string;
  /** What `pgrep -f` finds a session agent by. */
  readonly sessionProcess: string;
  /** Takes the size that this client library asks for. */
  readonly resizes: boolean;
  /** Comes back when both are started; when they answer is the SPICE client's to find out. */
  start(shell: RootShell): Promise<void>;
}

/** The built product: its session agents come from the sessions' autostart. */
export const ours: Pair & { startSystem(shell: RootShell): Promise<void> } = {
  unit: product.unit,
  sessionProcess: '/usr/lib/uga/node /usr/lib/uga/uga.js session-agent',
  resizes: true,
  startSystem: product.start,
  start: async (shell) => {
    await product.start(shell);
    await startInSessions(shell, ours.sessionProcess);
  },
};

/**
 * Debian's spice-vdagentd and spice-vdagent, the oracle. This vdagentd announces that it takes sparse monitor
 * configurations, and then calls spice-gtk's one invalid because of its length.
 */
export const original: Pair = {
  unit: 'original-spice-vdagentd.service',
  sessionProcess: '/opt/originals/spice-vdagent -x',
  resizes: false,
  start: async (shell) => {
    await shell.run(
      `systemd-run --quiet --collect --unit=${original.unit} --property=RuntimeDirectory=spice-vdagentd \
        /opt/originals/spice-vdagentd -x`,
    );
    await startInSessions(shell, original.sessionProcess);
  },
};

/** The same with the session agents that the package's own autostart starts. */
export const installed: Pair = {
  unit: product.unit,
  sessionProcess: '/usr/lib/uga/node .*/usr/lib/uga/uga.js session-agent',
  resizes: true,
  start: product.start,
};

/** Sessions look for this file, and run it until they end: lab-session-agent in the image. */
export async function startInSessions(shell: RootShell, command: string): Promise<void> {
  const bytes = Buffer.from(`${command}\n`).toString('base64');
  await shell.run(
    `mkdir -p /run/lab && echo ${bytes} | base64 -d >/run/lab/new && mv /run/lab/new /run/lab/session-agent`,
  );
}

/** Process ids of the session agents of a user. */
export async function sessionAgentsOf(shell: RootShell, pair: Pair, user: string): Promise<number[]> {
  const { stdout } = await shell.try(`pgrep -u ${user} -f '^${pair.sessionProcess}'`);
  return stdout.split('\n').filter(Boolean).map(Number);
}
