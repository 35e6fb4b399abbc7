import { closeInheritedOnExec } from '#shared/native/close-on-exec.ts';
import type { Exec } from './exec.ts';
import { guardedExec, type IsGuarded } from './guarded.ts';
import { programStarter, type SpawnOptions } from './spawn.ts';
import { ProgramTable } from './table.ts';

export interface LinuxExecOptions extends SpawnOptions {
  /** Asked at each start; default: no program is. */
  readonly isGuarded?: IsGuarded;
}

export function linuxExec({ isGuarded, ...options }: LinuxExecOptions): Exec {
  closeInheritedOnExec();
  const exec = new ProgramTable(programStarter(options));
  return isGuarded === undefined ? exec : guardedExec(exec, isGuarded);
}
