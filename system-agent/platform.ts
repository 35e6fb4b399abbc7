import type { Clock } from './clock/clock.ts';
import type { Cpus } from './cpus/cpus.ts';
import type { Exec } from './exec/exec.ts';
import type { Files } from './files/files.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { Memory } from './memory/memory.ts';
import type { Network } from './network/network.ts';
import type { PointerSystem } from './pointer/pointer.ts';
import type { Power } from './power/power.ts';
import type { Users } from './users/users.ts';

/** Everything the operating system gives us. A system that lacks a port leaves it out. */
export interface Platform {
  readonly clock: Clock;
  readonly cpus: Cpus;
  readonly exec: Exec;
  readonly files: Files;
  readonly inventory: Inventory;
  readonly memory: Memory;
  readonly network: Network;
  readonly pointer: PointerSystem;
  readonly power: Power;
  readonly users: Users;
}
