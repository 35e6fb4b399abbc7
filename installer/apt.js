/** Programs that builds and tests need, and how they come onto a Debian machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @param {string} probe name of a program, or path of a file
 */
export function isThere(probe) {
  if (path.isAbsolute(probe)) return existsSync(probe);
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some((folder) => {
    try {
      accessSync(path.join(folder, probe), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * The command that `installPackages` runs.
 * @param {readonly string[]} packages
 */
export function installCommand(packages) {
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
}

/**
 * Installs Debian packages without starting the services in them.
 * @param {readonly string[]} packages
 */
export function installPackages(packages) {
  withoutStartingServices(() => {
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    if (spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 2, 2], env: environment }).status !== 0) {
      console.error('apt-get update failed; trying with the lists that are there');
    }
    execFileSync('apt-get', installCommand(packages).slice(1), { stdio: ['ignore', 'ignore', 2], env: environment });
  });
}

const POLICY = '/usr/sbin/policy-rc.d';

/**
 * No daemon may start on this machine because a package came in: invoke-rc.d asks this script.
 * @param {() => void} action
 */
function withoutStartingServices(action) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    action();
  } finally {
    if (ours) rmSync(POLICY);
  }
}
