import { execFileSync } from 'node:child_process';
import { root } from './root.js';

/** Short hash of the commit that is built, or "unknown" outside a checkout. */
export function buildCommit() {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}
