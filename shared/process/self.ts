import { realpathSync } from 'node:fs';

/**
 * Our own program under another face, whatever name it was called by.
 * @throws {Error} errno error when its file is gone
 */
export function selfCommand(face: string): readonly [string, ...string[]] {
  return [process.execPath, realpathSync(process.argv[1] ?? ''), face];
}
