import { accessSync, constants } from 'node:fs';
import { runProgram } from '#shared/process/node.ts';
import { linuxClock } from '../clock/linux.ts';
import { linuxCpus } from '../cpus/linux.ts';
import { linuxInventory } from '../inventory/linux.ts';
import { linuxMemory } from '../memory/linux.ts';
import { linuxNetwork } from '../network/linux.ts';
import type { Platform } from '../platform.ts';
import { linuxPointer } from '../pointer/linux.ts';
import { refusingPointer } from '../pointer/refusing.ts';
import { linuxPower } from '../power/linux.ts';
import { refusingPower } from '../power/refusing.ts';
import { linuxUsers } from '../users/linux.ts';

/** `refuse`: every port that changes the machine answers with an error instead. */
export type Effects = 'real' | 'refuse';

/** The ports that change the machine. Each has a real and a refusing form, or this file does not compile. */
type Effectful = Pick<Platform, 'pointer' | 'power'>;
const REFUSING: Effectful = { pointer: refusingPointer, power: refusingPower };

export function linuxPlatform(effects: Effects, environment: NodeJS.ProcessEnv): Partial<Platform> {
  const effectful: Effectful = effects === 'refuse' ? REFUSING : effectfulPorts();
  return {
    clock: linuxClock,
    cpus: linuxCpus,
    inventory: linuxInventory(runProgram, environment.QGA_OS_RELEASE),
    memory: linuxMemory,
    network: linuxNetwork(),
    users: linuxUsers(),
    ...effectful,
  };
}

function effectfulPorts(): Effectful {
  return { pointer: linuxPointer(), power: linuxPower(runProgram, isExecutable) };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
