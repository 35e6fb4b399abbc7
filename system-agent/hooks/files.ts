import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import { objectionTo, type Step } from './owner.ts';

/** Whose hooks run. Tests have a folder of their own; what is above `top` is not looked at. */
export interface Trust {
  readonly owner: number;
  readonly top: string;
}

export const ROOT_ALONE: Trust = { owner: 0, top: '/' };

/** A file that is there, links followed. */
export interface SeenFile {
  readonly path: string;
  /** Without links. */
  readonly real: string;
  readonly executable: boolean;
}

/** @returns undefined when there is no such file */
export function seen(file: string): SeenFile | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return { path: file, real: realpathSync(file), executable: stats.isFile() && (stats.mode & 0o111) !== 0 };
}

/**
 * Why a program of an administrator must not run: others could have written it. One that is missing has nothing against it.
 * @throws {AgentError} 'failed' for links without end
 */
export function objectionToFile(file: string, { owner, top }: Trust): string | undefined {
  const steps = stepsTo(file).filter((step) => !isAbove(step.path, top));
  return steps.length === 0 ? undefined : objectionTo(steps, owner);
}

/** The kernel's own limit: path_resolution(7). */
const MAX_LINKS = 40;

/**
 * Each step of the kernel's walk to a file, links and what they lead to.
 * @returns nothing when there is no such file
 * @throws {AgentError} 'failed' for links without end
 */
function stepsTo(file: string): readonly Step[] {
  const steps: Step[] = [];
  const rest = namesIn(file);
  let at = '/';
  let links = 0;
  for (let name: string | undefined = ''; name !== undefined; name = rest.shift()) {
    const next = path.join(at, name);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    steps.push({ path: next, kind: kindOf(stats), uid: stats.uid, mode: stats.mode & 0o7777 });
    if (!stats.isSymbolicLink()) {
      at = next;
      continue;
    }
    if (++links > MAX_LINKS) throw new AgentError('failed', `${file}: too many links`);
    const target = readlinkSync(next);
    if (path.isAbsolute(target)) at = '/';
    rest.unshift(...namesIn(target));
  }
  return steps;
}

const namesIn = (file: string) => file.split('/').filter((name) => name !== '' && name !== '.');

function kindOf(stats: Stats): Step['kind'] {
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isDirectory()) return 'folder';
  return stats.isFile() ? 'file' : 'other';
}

/** Whether `folder` is one of those that `top` is in. */
function isAbove(folder: string, top: string): boolean {
  return folder !== top && top.startsWith(folder === '/' ? '/' : `${folder}/`);
}
