import { constants } from 'node:fs';
import type { Log } from '#shared/log/log.ts';
import { fileSystemAt } from '#shared/native/file-system.ts';
import { HandleCounter } from './counter.ts';
import type { Files } from './files.ts';
import { openDescriptor } from './open.ts';
import { FileTable } from './table.ts';
import { openWithin } from './within.ts';

export interface LinuxFilesOptions {
  /** Where the handles are counted. */
  readonly stateFolder: string;
  /** Asked at each open: the only places where this file may be opened, or undefined for anywhere. */
  readonly placesFor?: PlacesFor;
  readonly log: Log;
}

export type PlacesFor = (path: string, writes: boolean) => readonly string[] | undefined;

export function linuxFiles({ stateFolder, placesFor = () => undefined, log }: LinuxFilesOptions): Files {
  const counter = new HandleCounter(stateFolder, log);
  const open = (path: string, flags: number) => {
    const places = placesFor(path, (flags & (O_WRONLY | O_RDWR)) !== 0);
    return places === undefined ? openDescriptor(path, flags) : openWithin(places, path, flags);
  };
  return new FileTable({ open, fileSystemAt }, () => counter.next(), log);
}

const { O_RDWR, O_WRONLY } = constants;
