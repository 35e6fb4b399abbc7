import path from 'node:path';
import { localFiles } from '../../config/files.ts';
import { objectionToFile, type SeenFile, seen, type Trust } from '../../hooks/files.ts';
import { type HookPlaces, type PlannedHook, planHooks } from './plan.ts';

/** The hooks that are there now. @throws {AgentError} 'failed' when a folder cannot be read or has too many files */
export function findHooks({ script, directory }: HookPlaces): readonly PlannedHook[] {
  return planHooks({
    script: script && { ...script, file: seen(script.path) },
    scriptFolder: script === undefined ? [] : folder(`${script.path}.d`),
    directory: directory === undefined ? [] : folder(directory),
  });
}

/** Why a hook may not run, or undefined. One that is missing fails when it is started. */
export function objectionToHook({ runs }: PlannedHook, trust: Trust): string | undefined {
  for (const file of runs) {
    const objection = objectionToFile(file, trust);
    if (objection !== undefined) return objection;
  }
  return undefined;
}

function folder(name: string): readonly SeenFile[] {
  const files = localFiles()
    .list(name)
    .map((file) => seen(path.join(name, file)));
  return files.filter((file) => file !== undefined);
}
