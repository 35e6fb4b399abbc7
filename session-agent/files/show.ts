import { findTool } from '#shared/process/tools.ts';
import type { Notice } from '../notices/service.ts';
import type { Programs } from '../screen-lock/programs.ts';
import type { Arrived } from './service.ts';

export interface ShowParts {
  readonly programs: Pick<Programs, 'start'>;
  readonly notify: (notice: Notice) => Promise<void>;
  /** Path of xdg-open; undefined where there is none. */
  readonly opener?: string | undefined;
}

/** Tells the user of files that have come, as the administrator wants it. A folder is an argument, never a command (S2). */
export async function showArrived({ folder, names, whenDone }: Arrived, parts: ShowParts): Promise<void> {
  const { programs, notify, opener = findTool('xdg-open') } = parts;
  if (whenDone === 'open' && opener !== undefined) {
    programs.start([opener, folder]);
    return;
  }
  if (whenDone !== 'notify' && whenDone !== 'open') return;
  const [name] = names;
  if (name === undefined) return;
  const [title, what] = names.length === 1 ? ['File received', name] : ['Files received', `${names.length} files`];
  await notify({ title, text: `${what} → ${folder}` });
}
