import type { Service } from '#shared/lifecycle/service.ts';
import type { AuthorizedKeys } from './authorized-keys/authorized-keys.ts';
import type { ClockChanges } from './clock/changes.ts';
import type { Clock } from './clock/clock.ts';
import type { CpuSwitch, Cpus } from './cpus/cpus.ts';
import type { Disks } from './disks/disks.ts';
import type { Exec } from './exec/exec.ts';
import type { Files } from './files/files.ts';
import type { Freeze } from './freeze/freeze.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { Memory, MemoryBlocks, MemorySwitch } from './memory/memory.ts';
import type { Mounts, Trimmer } from './mounts/mounts.ts';
import type { Network } from './network/network.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { PointerSystem } from './pointer/pointer.ts';
import type { Power } from './power/power.ts';
import type { SessionControlSystem } from './session-control/session-control.ts';
import type { Sleep } from './sleep/sleep.ts';
import type { TimeSetting } from './time-setting/time-setting.ts';
import type { Users } from './users/users.ts';

/** Everything the operating system gives us. A system that lacks a port leaves it out. */
export interface Platform {
  readonly authorizedKeys: AuthorizedKeys;
  readonly clock: Clock;
  readonly clockChanges: ClockChanges;
  readonly cpus: Cpus;
  readonly cpuSwitch: CpuSwitch;
  readonly disks: Disks;
  readonly exec: Exec;
  readonly files: Files;
  readonly freeze: Freeze & Service;
  readonly inventory: Inventory;
  readonly memory: Memory;
  readonly memoryBlocks: MemoryBlocks;
  readonly memorySwitch: MemorySwitch;
  readonly mounts: Mounts;
  readonly network: Network;
  readonly passwords: Passwords;
  readonly pointer: PointerSystem;
  readonly power: Power;
  readonly sessionControlSystem: SessionControlSystem;
  readonly timeSetting: TimeSetting;
  readonly sleep: Sleep;
  readonly trimmer: Trimmer;
  readonly users: Users;
}
