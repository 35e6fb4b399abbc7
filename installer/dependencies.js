/**
 * A fresh clone must work with only Node and npm: the scripts of package.json call this first, so that nobody has to
 * remember `npm ci`. Nothing here may import a package.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './root.js';

/** Runs `npm ci` when node_modules is missing or older than the lock file. */
export function ensureDependencies() {
  const installed = path.join(root, 'node_modules', '.package-lock.json');
  const lock = path.join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  if (existsSync(installed) && sameVersions(installed, lock)) return;
  process.stderr.write('installing the packages of package-lock.json (npm ci)\n');
  // stdout stays free for what the caller prints.
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
}

/**
 * @param {string} installed
 * @param {string} lock
 */
function sameVersions(installed, lock) {
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const want = JSON.parse(readFileSync(lock, 'utf8')).packages;
  return Object.entries(want).every(
    ([name, entry]) => name === '' || entry.optional === true || have[name]?.version === entry.version,
  );
}
