import path from 'node:path';
import { localFiles } from '../config/files.ts';
import { seen } from '../hooks/files.ts';
import { isHookName } from '../hooks/names.ts';
import type { LifecycleEvent } from './lifecycle.ts';

/**
 * Programs for an event, by the bytes of their names. Of two with one name that of the later folder counts.
 * @throws {AgentError} 'failed' when a folder cannot be read or has too many files
 */
export function findLifecycleHooks(folders: readonly string[], event: LifecycleEvent): readonly string[] {
  const found = new Map<string, string>();
  for (const folder of folders.map((one) => path.join(one, event))) {
    for (const name of localFiles().list(folder)) {
      const file = path.join(folder, name);
      if (isHookName(name) && seen(file)?.executable === true) found.set(name, file);
    }
  }
  return [...found].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(([, file]) => file);
}
