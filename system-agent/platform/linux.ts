import { runProgram } from '#shared/process/node.ts';
import { selfCommand } from '#shared/process/self.ts';
import { findTool, isExecutable } from '#shared/process/tools.ts';
import { systemTree } from '#shared/tree/system-tree.ts';
import { getentAccounts } from '../accounts/getent.ts';
import type { AuthorizedKeys } from '../authorized-keys/authorized-keys.ts';
import { linuxAuthorizedKeys } from '../authorized-keys/linux.ts';
import { refusingAuthorizedKeys } from '../authorized-keys/refusing.ts';
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
import { linuxPasswords } from '../passwords/linux.ts';
import { refusingPasswords } from '../passwords/refusing.ts';
import type { Platform } from '../platform.ts';
import { linuxPointer } from '../pointer/linux.ts';
import { refusingPointer } from '../pointer/refusing.ts';
import { linuxPower } from '../power/linux.ts';
import { refusingPower } from '../power/refusing.ts';
import { linuxSleep } from '../sleep/linux.ts';
import { refusingSleep } from '../sleep/refusing.ts';
import { linuxTimeSetting } from '../time-setting/linux.ts';
import { refusingTimeSetting } from '../time-setting/refusing.ts';
import { linuxUsers } from '../users/linux.ts';

/** `refuse`: every port that changes the machine answers with an error instead. */
export type Effects = 'real' | 'refuse';

/** The ports that change the machine. Each has a real and a refusing form, or this file does not compile. */
type Effectful = Pick<
  Platform,
  | 'authorizedKeys'
  | 'cpuSwitch'
  | 'memorySwitch'
  | 'passwords'
  | 'pointer'
  | 'power'
  | 'sleep'
  | 'timeSetting'
  | 'trimmer'
>;

/** A port that is left out cannot work here, and its commands are not listed (L6). */
export function linuxPlatform(effects: Effects, environment: NodeJS.ProcessEnv): Partial<Platform> {
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
    ...(effects === 'refuse' ? refusingPorts() : effectfulPorts()),
  };
}

function refusingPorts(): Effectful {
  return {
    authorizedKeys: refusingAuthorizedKeys(authorizedKeys()),
    cpuSwitch: refusingCpuSwitch,
    memorySwitch: refusingMemorySwitch,
    passwords: refusingPasswords,
    pointer: refusingPointer,
    power: refusingPower,
    sleep: refusingSleep,
    timeSetting: refusingTimeSetting,
    trimmer: refusingTrimmer,
  };
}

function effectfulPorts(): Partial<Effectful> {
  const isRoot = process.geteuid?.() === 0;
  const chpasswd = findTool('chpasswd');
  const memorySwitch = linuxMemorySwitch(systemTree);
  const sleep = linuxSleep(runProgram, findTool);
  return {
    pointer: linuxPointer(),
    power: linuxPower(runProgram, isExecutable),
    ...(isRoot && { authorizedKeys: authorizedKeys(), timeSetting: linuxTimeSetting }),
    ...(isRoot && { cpuSwitch: linuxCpuSwitch(systemTree), trimmer: linuxTrimmer() }),
    ...(isRoot && memorySwitch && { memorySwitch }),
    ...(isRoot && sleep && { sleep }),
    ...(isRoot && chpasswd !== undefined && { passwords: linuxPasswords(runProgram, chpasswd) }),
  };
}

function authorizedKeys(): AuthorizedKeys {
  return linuxAuthorizedKeys(runProgram, selfCommand, getentAccounts(runProgram));
}
