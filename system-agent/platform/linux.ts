import { accessSync, constants } from 'node:fs';
import { runProgram } from '#shared/process/node.ts';
import { systemTree } from '#shared/tree/system-tree.ts';
import { linuxClock } from '../clock/linux.ts';
import { linuxCpuSwitch, linuxCpus } from '../cpus/linux.ts';
import { refusingCpuSwitch } from '../cpus/refusing.ts';
import { linuxDisks } from '../disks/linux.ts';
import { linuxInventory } from '../inventory/linux.ts';
import { linuxMemory, linuxMemoryBlocks, linuxMemorySwitch } from '../memory/linux.ts';
import { refusingMemorySwitch } from '../memory/refusing.ts';
import { linuxMounts, linuxTrimmer } from '../mounts/linux.ts';
import { refusingTrimmer } from '../mounts/refusing.ts';
import { linuxNetwork } from '../network/linux.ts';
import type { Platform } from '../platform.ts';
import { linuxPointer } from '../pointer/linux.ts';
import { refusingPointer } from '../pointer/refusing.ts';
import { linuxPower } from '../power/linux.ts';
import { refusingPower } from '../power/refusing.ts';
import { linuxSleep } from '../sleep/linux.ts';
import { refusingSleep } from '../sleep/refusing.ts';
import { linuxUsers } from '../users/linux.ts';

/** `refuse`: every port that changes the machine answers with an error instead. */
export type Effects = 'real' | 'refuse';

/** The ports that change the machine. Each has a real and a refusing form, or this file does not compile. */
type Effectful = Pick<Platform, 'cpuSwitch' | 'memorySwitch' | 'pointer' | 'power' | 'sleep' | 'trimmer'>;
const REFUSING: Effectful = {
  cpuSwitch: refusingCpuSwitch,
  memorySwitch: refusingMemorySwitch,
  pointer: refusingPointer,
  power: refusingPower,
  sleep: refusingSleep,
  trimmer: refusingTrimmer,
};

export function linuxPlatform(effects: Effects, environment: NodeJS.ProcessEnv): Partial<Platform> {
  const effectful: Partial<Effectful> = effects === 'refuse' ? REFUSING : effectfulPorts();
  const memoryBlocks = linuxMemoryBlocks(systemTree);
  return {
    clock: linuxClock,
    cpus: linuxCpus(systemTree),
    disks: linuxDisks(systemTree),
    inventory: linuxInventory(runProgram, environment.QGA_OS_RELEASE),
    memory: linuxMemory,
    ...(memoryBlocks && { memoryBlocks }),
    mounts: linuxMounts(),
    network: linuxNetwork(),
    users: linuxUsers(),
    ...effectful,
  };
}

/** What this kernel cannot do is left out, and with it the commands that need it (L6). */
function effectfulPorts(): Partial<Effectful> {
  const memorySwitch = linuxMemorySwitch(systemTree);
  const sleep = linuxSleep(runProgram, isExecutable);
  return {
    cpuSwitch: linuxCpuSwitch(systemTree),
    ...(memorySwitch && { memorySwitch }),
    pointer: linuxPointer(),
    power: linuxPower(runProgram, isExecutable),
    ...(sleep && { sleep }),
    trimmer: linuxTrimmer(),
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
