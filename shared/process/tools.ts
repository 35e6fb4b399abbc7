import { accessSync, constants } from 'node:fs';

/** Where the system's own programs are; PATH is whatever the daemon was started with (S2). */
const FOLDERS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** @returns absolute path of a program of the system, undefined where it is not installed */
export function findTool(name: string): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${name}`).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
