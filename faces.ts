import type { Run } from '#shared/cli/io.ts';

/**
 * One program, several faces: by subcommand, or by the name it is called under. A face is loaded when it is chosen: the build
 * makes a file of each.
 */
export interface Face {
  readonly name: string;
  /** For --help; a face without it is not listed. */
  readonly summary?: string;
  load(): Promise<{ readonly run: Run }>;
}

export const FACES: readonly Face[] = [
  {
    name: 'system-agent',
    summary: 'the privileged daemon of a guest, one per guest',
    load: () => import('./system-agent/main.ts'),
  },
  {
    name: 'session-agent',
    summary: 'the agent of one login session, started with it',
    load: () => import('./session-agent/main.ts'),
  },
  {
    name: 'qemu-ga',
    summary: "the same door with qemu-ga's own options",
    load: () => import('./system-agent/qemu-ga/main.ts'),
  },
  {
    name: 'config',
    summary: 'what is wrong with the configuration, or what is in force and why',
    load: () => import('./system-agent/config-face/main.ts'),
  },
  {
    name: 'policy',
    summary: 'what hosts may do here, and why',
    load: () => import('./system-agent/policy-face/main.ts'),
  },
  {
    name: 'status',
    summary: 'what the running agent does',
    load: () => import('./system-agent/status/main.ts'),
  },
  {
    name: 'doctor',
    summary: 'what is wrong here, and what to do',
    load: () => import('./system-agent/doctor/main.ts'),
  },
  {
    name: 'audit',
    summary: 'the log of what hosts did, and whether it is as it was written',
    load: () => import('./system-agent/audit-face/main.ts'),
  },
  { name: 'host', summary: 'talk to an agent from the host side', load: () => import('./host/main.ts') },
  {
    name: 'demo',
    summary: 'try the agent here: nothing on this machine is changed',
    load: () => import('./host/demo/main.ts'),
  },
  { name: 'authorized-keys', load: () => import('./system-agent/authorized-keys/helper.ts') },
];
