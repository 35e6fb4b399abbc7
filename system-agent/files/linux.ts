import type { Log } from '#shared/log/log.ts';
import { fileSystemAt } from '#shared/native/file-system.ts';
import { HandleCounter } from './counter.ts';
import type { Files } from './files.ts';
import { openDescriptor } from './open.ts';
import { FileTable } from './table.ts';

/** @param stateFolder where the handles are counted */
export function linuxFiles(stateFolder: string, log: Log): Files {
  const counter = new HandleCounter(stateFolder, log);
  return new FileTable({ open: openDescriptor, fileSystemAt }, () => counter.next(), log);
}
