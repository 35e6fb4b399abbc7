import { execFileSync } from 'node:child_process';
import { root } from './root.js';

/** Short hash of the commit that is built, or "unknown" outside a checkout. */
export function buildCommit() {
  return git('rev-parse', '--short=12', 'HEAD') ?? 'unknown';
}

/**
 * The one date that a build knows: of the commit, or SOURCE_DATE_EPOCH in the environment
 * (https://reproducible-builds.org/specs/source-date-epoch/).
 * @throws {Error} outside a checkout, without that variable
 */
export function commitDate() {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? git('log', '-1', '--format=%ct') ?? Number.NaN);
  if (!Number.isSafeInteger(seconds)) throw new Error('outside a checkout SOURCE_DATE_EPOCH has to say the date');
  return new Date(seconds * 1000);
}

/** @param {string[]} args */
function git(...args) {
  try {
    return execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
