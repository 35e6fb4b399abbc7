import { cpSync } from 'node:fs';
import { temporaryFolder } from '#test/support/programs.ts';
import type { GuestOptions } from './guest.ts';
import { resumeGuest } from './guest.ts';
import { type Machine, PRODUCT } from './machine.ts';
import type { RootShell } from './root-shell.ts';

/** What a package would bring: the built product, and the files of installer/root. */
export async function resumeWithUnits(options: Omit<GuestOptions, 'payload'> = {}): Promise<Machine> {
  using payload = temporaryFolder();
  cpSync(PRODUCT, payload.path, { recursive: true, filter: (name) => !name.includes('packages') });
  cpSync('installer/root', `${payload.path}/root`, { recursive: true });
  const guest = await resumeGuest({ ...options, payload: payload.path });
  await installUnits(guest.shell);
  return guest;
}

/** Puts everything in its place; nothing is started. */
async function installUnits(shell: RootShell): Promise<void> {
  await shell.run(`set -e
    mkdir -p /usr/lib/uga && cp -r /opt/uga/uga.js /opt/uga/native /usr/lib/uga
    ln -s /usr/local/bin/node /usr/lib/uga/node
    cp -r /opt/uga/root/. /
    systemctl daemon-reload && udevadm control --reload`);
}
