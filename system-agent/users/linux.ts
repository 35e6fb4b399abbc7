import { readFileSync } from 'node:fs';
import { errnoOf } from '#shared/errors.ts';
import type { Users } from './users.ts';
import { layoutOf, parseUtmp } from './utmp.ts';

const UTMP = '/var/run/utmp';

/** @param path login records; a system without them has nobody logged in, as getutxent(3) says too */
export function linuxUsers(path = UTMP): Users {
  return {
    loggedIn() {
      try {
        return parseUtmp(readFileSync(path), layoutOf(process.arch));
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return [];
        throw error;
      }
    },
  };
}
