import { closeInheritedOnExec } from '#shared/native/close-on-exec.ts';
import type { Exec } from './exec.ts';
import { programStarter, type SpawnOptions } from './spawn.ts';
import { ProgramTable } from './table.ts';

export function linuxExec(options: SpawnOptions): Exec {
  closeInheritedOnExec();
  return new ProgramTable(programStarter(options));
}
