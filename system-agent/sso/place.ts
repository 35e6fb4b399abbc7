import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** Beside our bundle, put there by the build. */
const PROGRAM = 'native/uga-pam-check';

/** Where uga-pam-check of this installation is, or would be. */
export function pamCheckPath(): string {
  const self = process.argv[1] ?? '/usr/lib/uga/uga.js';
  return path.join(path.dirname(existsSync(self) ? realpathSync(self) : self), PROGRAM);
}
