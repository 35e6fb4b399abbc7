import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Log } from '#shared/log/log.ts';
import { runProgram } from '#shared/process/node.ts';
import { linuxClock } from '../clock/linux.ts';
import { linuxCpus } from '../cpus/linux.ts';
import { confinedExec } from '../exec/confined.ts';
import { linuxExec } from '../exec/linux.ts';
import { refusingExec } from '../exec/refusing.ts';
import { confinedFiles } from '../files/confined.ts';
import { linuxFiles } from '../files/linux.ts';
import { refusingFiles } from '../files/refusing.ts';
import { linuxInventory } from '../inventory/linux.ts';
import { linuxMemory } from '../memory/linux.ts';
import { linuxNetwork } from '../network/linux.ts';
import type { Platform } from '../platform.ts';
import { linuxPointer } from '../pointer/linux.ts';
import { refusingPointer } from '../pointer/refusing.ts';
import { linuxPower } from '../power/linux.ts';
import { refusingPower } from '../power/refusing.ts';
import { linuxUsers } from '../users/linux.ts';

/**
 * `refuse`: every port that changes the machine answers with an error instead. `below:FOLDER`: so does it, but for files
 * and programs that are in that folder, which tests make.
 */
export type Effects = 'real' | 'refuse' | `below:${string}`;

/** The value of UGA_EFFECTS: how tests start an agent on a machine that somebody needs. */
export function parseEffects(text: string | undefined): Effects {
  if (text === undefined) return 'real';
  return text.startsWith(BELOW) && path.isAbsolute(folderOf(text)) ? (text as Effects) : 'refuse';
}

const BELOW = 'below:';

function folderOf(effects: string): string {
  return effects.slice(BELOW.length);
}

export interface LinuxOptions {
  readonly effects: Effects;
  /** What we were started with. */
  readonly environment: NodeJS.ProcessEnv;
  readonly umask: number;
  /** For what must outlive a restart. */
  readonly stateFolder: string;
  readonly log: Log;
}

/** The ports that change the machine. Each has a real and a refusing form, or this file does not compile. */
type Effectful = Pick<Platform, 'exec' | 'files' | 'pointer' | 'power'>;
const REFUSING: Effectful = {
  exec: refusingExec,
  files: refusingFiles,
  pointer: refusingPointer,
  power: refusingPower,
};

export function linuxPlatform(options: LinuxOptions): Partial<Platform> {
  return {
    clock: linuxClock,
    cpus: linuxCpus,
    inventory: linuxInventory(runProgram, options.environment.QGA_OS_RELEASE),
    memory: linuxMemory,
    network: linuxNetwork(),
    users: linuxUsers(),
    ...effectfulPorts(options),
  };
}

function effectfulPorts({ effects, environment, umask, stateFolder, log }: LinuxOptions): Effectful {
  if (effects === 'refuse') return REFUSING;
  const exec = linuxExec({ environment, umask });
  const files = linuxFiles(stateFolder, log);
  if (effects === 'real') {
    return { exec, files, pointer: linuxPointer(), power: linuxPower(runProgram, isExecutable) };
  }
  const folder = folderOf(effects);
  return { ...REFUSING, exec: confinedExec(exec, folder), files: confinedFiles(files, folder) };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
