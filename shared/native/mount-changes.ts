import { openSync } from 'node:fs';
import { watchOwned } from './owned-watch.ts';
import { type Watch, watchReadiness } from './readiness.ts';

/**
 * Reports that something was mounted or unmounted in our mount namespace, and perhaps for nothing: at least once in the
 * beginning. The kernel says it by an exceptional condition on the table of mounts. It forgets that as soon as anybody has
 * looked, and Node's loop looks before we do, so every waking counts. Source: proc_pid_mounts(5), fs/proc_namespace.c.
 * @throws {Error} errno error
 */
export function watchMounts(changed: () => void): Watch {
  return watchOwned(openSync('/proc/self/mountinfo', 'r'), (fd) => {
    return watchReadiness(fd, () => changed(), { writable: false });
  });
}
