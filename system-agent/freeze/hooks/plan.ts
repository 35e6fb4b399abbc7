import path from 'node:path';
import type { SeenFile } from '../../hooks/files.ts';
import { isHookName } from '../../hooks/names.ts';

/** Where hooks are. */
export interface HookPlaces {
  /** qemu-ga's script, when it is switched on. */
  readonly script: HookScript | undefined;
  /** Our own folder. */
  readonly directory: string | undefined;
}

export interface HookScript {
  readonly path: string;
  /** Somebody named it to us: no freeze without it. Else it was told to qemu-ga, and may have gone with it. */
  readonly required: boolean;
}

/** What is in the places. */
export interface Seen {
  readonly script: (HookScript & { readonly file: SeenFile | undefined }) | undefined;
  /** Of the folder beside the script, SCRIPT.d. */
  readonly scriptFolder: readonly SeenFile[];
  readonly directory: readonly SeenFile[];
}

export interface PlannedHook {
  /** Absolute. */
  readonly path: string;
  /** Every file that runs with it; each must be root's alone. */
  readonly runs: readonly string[];
}

/**
 * The hooks in the order of a freeze, a thaw reverses it: qemu-ga's script, then our folder's by their names.
 *
 * A script runs alone, as with qemu-ga: what distributions put there starts the programs of SCRIPT.d by itself. Where the
 * script has gone with the package that brought it, its folder's programs run without it. Whatever runs so is left out of
 * our folder, under any name: no hook runs twice (F3).
 */
export function planHooks({ script, scriptFolder, directory }: Seen): readonly PlannedHook[] {
  const beside = script === undefined ? [] : scriptFolder.filter(isHook);
  const runs = beside.map((file) => file.path);
  const first =
    script !== undefined && (script.file !== undefined || script.required)
      ? [{ path: script.path, runs: [script.path, ...runs] }]
      : runs.map(alone);
  const taken = new Set([...(script?.file ? [script.file] : []), ...beside].map(({ real }) => real));
  const own = directory.filter(isHook).filter(({ real }) => !taken.has(real));
  return [...first, ...own.map((file) => alone(file.path))];
}

const alone = (file: string): PlannedHook => ({ path: file, runs: [file] });
const isHook = (file: SeenFile) => file.executable && isHookName(path.basename(file.path));
