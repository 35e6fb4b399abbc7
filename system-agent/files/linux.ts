import { constants } from 'node:fs';
import { AgentError } from '#shared/errors.ts';
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
  /** Asked at each open: the only places where this file may be opened and what says so, or undefined for anywhere. */
  readonly placesFor?: PlacesFor;
  readonly log: Log;
}

export type PlacesFor = (
  path: string,
  writes: boolean,
) => { readonly places: readonly string[]; readonly rule: string } | undefined;

export function linuxFiles({ stateFolder, placesFor = () => undefined, log }: LinuxFilesOptions): Files {
  const counter = new HandleCounter(stateFolder, log);
  const open = (path: string, flags: number) => {
    const confined = placesFor(path, (flags & (O_WRONLY | O_RDWR)) !== 0);
    if (confined === undefined) return openDescriptor(path, flags);
    return openWithin(confined.places, path, flags).catch((error: unknown) => {
      if (!(error instanceof AgentError)) throw error;
      throw new AgentError(error.code, `${error.message}: ${confined.rule}`);
    });
  };
  return new FileTable({ open, fileSystemAt }, () => counter.next(), log);
}

const { O_RDWR, O_WRONLY } = constants;
