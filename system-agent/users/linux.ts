import { readSmallFile } from '#shared/files.ts';
import type { Users } from './users.ts';
import { layoutOf, parseUtmp } from './utmp.ts';

const UTMP = '/var/run/utmp';

/** @param path login records; a system without them has nobody logged in, as getutxent(3) says too */
export function linuxUsers(path = UTMP): Users {
  return {
    loggedIn() {
      const records = readSmallFile(path);
      return records === undefined ? [] : parseUtmp(records, layoutOf(process.arch));
    },
  };
}
