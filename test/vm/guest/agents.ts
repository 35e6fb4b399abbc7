import type { RootShell } from './root-shell.ts';

/** An agent as a systemd unit of the guest. One at a time: the port has room for one reader. */
export interface AgentUnit {
  readonly unit: string;
  /** Comes back once systemd has started the process; when it answers is the host's to find out. */
  start(shell: RootShell): Promise<void>;
}

/** The installed product. */
export const product: AgentUnit = {
  unit: 'uga-system-agent.service',
  start: async (shell) => {
    await shell.run(`systemctl start ${product.unit}`);
  },
};

/** Debian's qemu-ga, the oracle. */
export const original: AgentUnit = {
  unit: 'original-qemu-ga.service',
  start: async (shell) => {
    await shell.run(`systemd-run --quiet --collect --unit=${original.unit} /opt/originals/qemu-ga`);
  },
};

export async function stopAgent(shell: RootShell, { unit }: AgentUnit): Promise<void> {
  await shell.run(`systemctl stop ${unit}`);
}

/** Process id of the agent in the guest; 0 when it does not run. */
export async function pidOf(shell: RootShell, { unit }: AgentUnit): Promise<number> {
  return Number(await shell.run(`systemctl show --property=MainPID --value ${unit}`));
}
