import { readFileSync, statSync } from 'node:fs';
import type { ProcessFact } from '../facts.ts';

const PACKAGES = ['qemu-guest-agent', 'ovirt-guest-agent', 'spice-vdagent'];
const PROGRAMS = ['qemu-ga', 'ovirt-guest-age', 'spice-vdagentd', 'spice-vdagent'];
/** Debian's is a few megabytes. */
const MAX_DATABASE = 64 * 1024 * 1024;

/** @param database dpkg's status file: deb-control(5); other package managers have none that can be read without them */
export function readPackages(database: string): readonly string[] {
  const size = statSync(database, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size > MAX_DATABASE) return [];
  const text = readFileSync(database, 'latin1');
  return PACKAGES.filter((name) => {
    const [stanza] = new RegExp(`^Package: ${name}\n(?:.+\n)*`, 'm').exec(text) ?? [];
    return stanza !== undefined && /^Status: \S+ \S+ installed$/m.test(stanza);
  });
}

export function originalsAmong(processes: readonly ProcessFact[]): readonly ProcessFact[] {
  return processes.filter(({ name }) => PROGRAMS.includes(name));
}
