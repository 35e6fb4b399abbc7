import path from 'node:path';
import type { Bus } from '#shared/dbus/bus.ts';
import type { Log } from '#shared/log/log.ts';
import type { Valve } from '#shared/log/valve.ts';
import { runProgram } from '#shared/process/node.ts';
import { selfCommand } from '#shared/process/self.ts';
import { findTool, isExecutable } from '#shared/process/tools.ts';
import { systemTree } from '#shared/tree/system-tree.ts';
import { getentAccounts } from '../accounts/getent.ts';
import type { AuthorizedKeys } from '../authorized-keys/authorized-keys.ts';
import { linuxAuthorizedKeys } from '../authorized-keys/linux.ts';
import { refusingAuthorizedKeys } from '../authorized-keys/refusing.ts';
import { linuxClock, linuxClockChanges } from '../clock/linux.ts';
import { linuxContainers } from '../containers/linux.ts';
import { linuxCpuSwitch, linuxCpus } from '../cpus/linux.ts';
import { refusingCpuSwitch } from '../cpus/refusing.ts';
import { linuxDisks } from '../disks/linux.ts';
import { confinedExec } from '../exec/confined.ts';
import type { IsGuarded } from '../exec/guarded.ts';
import { linuxExec } from '../exec/linux.ts';
import { refusingExec } from '../exec/refusing.ts';
import { confinedFiles } from '../files/confined.ts';
import { linuxFiles, type PlacesFor } from '../files/linux.ts';
import { refusingFiles } from '../files/refusing.ts';
import { type GuardPlace, guardPlace } from '../freeze/guard/place.ts';
import { linuxFreezeHooks } from '../freeze/hooks/linux.ts';
import type { HookPlaces } from '../freeze/hooks/plan.ts';
import { linuxFreezeSystem } from '../freeze/linux.ts';
import { refusingFreeze } from '../freeze/refusing.ts';
import { FreezeService } from '../freeze/service.ts';
import { linuxInventory } from '../inventory/linux.ts';
import { linuxLifecycle } from '../lifecycle/linux.ts';
import { refusingLifecycle } from '../lifecycle/refusing.ts';
import { linuxMemory, linuxMemoryBlocks, linuxMemorySwitch } from '../memory/linux.ts';
import { refusingMemorySwitch } from '../memory/refusing.ts';
import { linuxMounts, linuxTrimmer } from '../mounts/linux.ts';
import { refusingTrimmer } from '../mounts/refusing.ts';
import { linuxNetwork } from '../network/linux.ts';
import { linuxPackages } from '../packages/linux.ts';
import { linuxPasswords } from '../passwords/linux.ts';
import { refusingPasswords } from '../passwords/refusing.ts';
import type { Platform } from '../platform.ts';
import { linuxPointer } from '../pointer/linux.ts';
import { refusingPointer } from '../pointer/refusing.ts';
import { linuxPower } from '../power/linux.ts';
import { refusingPower } from '../power/refusing.ts';
import type { DescriptorStore } from '../service-manager/service-manager.ts';
import { linuxSessionControl } from '../session-control/linux.ts';
import { refusingSessionControl } from '../session-control/refusing.ts';
import { linuxSleep } from '../sleep/linux.ts';
import { refusingSleep } from '../sleep/refusing.ts';
import { linuxTimeSetting } from '../time-setting/linux.ts';
import { refusingTimeSetting } from '../time-setting/refusing.ts';
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
  /** Keeps devices that we make over a restart; without it nobody does. */
  readonly store?: DescriptorStore;
  readonly freeze: FreezeOptions;
  /** Folders of programs for what hosts do with the guest; none by default. */
  readonly lifecycleFolders?: readonly string[];
  /** The system bus; without it logind is not asked for anything, and nothing is done to login sessions. */
  readonly bus?: Bus;
  /** Where files may be opened and which programs are looked at before they start; without it, as the host wants. */
  readonly policy?: PortPolicy;
  readonly log: Log;
}

/** What a policy asks of the ports: it can tell one file from another only where it is opened. */
export interface PortPolicy {
  readonly placesFor: PlacesFor;
  readonly isNamedProgram: IsGuarded;
}

export interface FreezeOptions {
  /** Seconds. */
  readonly lease: number;
  readonly hooks: HookPlaces;
  /** For each hook in each phase. */
  readonly hookSeconds: number;
  /** Of the logs. */
  readonly valve: Valve;
}

/** The ports that change the machine. Each has a real and a refusing form, or this file does not compile. */
type Effectful = Pick<
  Platform,
  | 'authorizedKeys'
  | 'cpuSwitch'
  | 'exec'
  | 'files'
  | 'freeze'
  | 'lifecycle'
  | 'memorySwitch'
  | 'passwords'
  | 'pointer'
  | 'power'
  | 'sessionControlSystem'
  | 'sleep'
  | 'timeSetting'
  | 'trimmer'
>;

/** A port that is left out cannot work here, and its commands are not listed (L6). */
export function linuxPlatform(options: LinuxOptions): Partial<Platform> {
  const memoryBlocks = linuxMemoryBlocks(systemTree);
  return {
    clock: linuxClock,
    clockChanges: linuxClockChanges,
    containers: linuxContainers(),
    cpus: linuxCpus(systemTree),
    disks: linuxDisks(systemTree),
    inventory: linuxInventory(runProgram, options.environment.QGA_OS_RELEASE),
    memory: linuxMemory,
    ...(memoryBlocks && { memoryBlocks }),
    mounts: linuxMounts(),
    network: linuxNetwork(),
    packages: linuxPackages(runProgram, systemTree, options.log),
    users: linuxUsers(),
    ...changingPorts(options),
  };
}

function changingPorts(options: LinuxOptions): Partial<Effectful> {
  const { effects, environment, umask, stateFolder, policy, log } = options;
  if (effects === 'refuse') return refusingPorts();
  const exec = linuxExec({ environment, umask, ...(policy && { isGuarded: (path) => policy.isNamedProgram(path) }) });
  const files = linuxFiles({
    stateFolder,
    ...(policy && { placesFor: (path, writes) => policy.placesFor(path, writes) }),
    log,
  });
  if (effects === 'real') return { exec, files, ...effectfulPorts(options) };
  const folder = folderOf(effects);
  return { ...refusingPorts(), exec: confinedExec(exec, folder), files: confinedFiles(files, folder) };
}

function refusingPorts(): Effectful {
  return {
    authorizedKeys: refusingAuthorizedKeys(authorizedKeys()),
    cpuSwitch: refusingCpuSwitch,
    exec: refusingExec,
    files: refusingFiles,
    freeze: refusingFreeze,
    lifecycle: refusingLifecycle,
    memorySwitch: refusingMemorySwitch,
    passwords: refusingPasswords,
    pointer: refusingPointer,
    power: refusingPower,
    sessionControlSystem: refusingSessionControl,
    sleep: refusingSleep,
    timeSetting: refusingTimeSetting,
    trimmer: refusingTrimmer,
  };
}

function effectfulPorts(options: LinuxOptions): Partial<Effectful> {
  const isRoot = process.geteuid?.() === 0;
  const guard = guardPlace();
  const chpasswd = findTool('chpasswd');
  const memorySwitch = linuxMemorySwitch(systemTree);
  const sleep = linuxSleep(runProgram, findTool);
  const freeze = isRoot && guard ? freezeService(options, guard) : undefined;
  return {
    lifecycle: linuxLifecycle({
      folders: options.lifecycleFolders ?? [],
      umask: options.umask,
      isFrozen: () => freeze !== undefined && freeze.describe().phase !== 'thawed',
      log: options.log,
    }),
    pointer: linuxPointer(options.store),
    power: linuxPower(runProgram, isExecutable, options.bus),
    ...(options.bus && { sessionControlSystem: linuxSessionControl(options.bus) }),
    ...(isRoot && { authorizedKeys: authorizedKeys(), timeSetting: linuxTimeSetting }),
    ...(isRoot && { cpuSwitch: linuxCpuSwitch(systemTree), trimmer: linuxTrimmer() }),
    ...(isRoot && memorySwitch && { memorySwitch }),
    ...(freeze && { freeze }),
    ...(isRoot && sleep && { sleep }),
    ...(isRoot && chpasswd !== undefined && { passwords: linuxPasswords(runProgram, chpasswd) }),
  };
}

function authorizedKeys(): AuthorizedKeys {
  return linuxAuthorizedKeys(runProgram, selfCommand, getentAccounts(runProgram));
}

function freezeService({ freeze, stateFolder, umask, log }: LinuxOptions, guard: GuardPlace): FreezeService {
  const { lease, valve, hooks: places, hookSeconds } = freeze;
  const system = linuxFreezeSystem(guard, stateFolder, log);
  const hooks = linuxFreezeHooks({ places, timeoutMs: hookSeconds * 1000, umask, log });
  return new FreezeService({ system, hooks, lease, valve, log });
}
