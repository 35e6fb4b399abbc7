import { readdirSync } from 'node:fs';
import { fcntl } from './fcntl.ts';

const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Keeps what whoever started us left open from the programs that we start. What we open ourselves is so already. */
export function closeInheritedOnExec(): void {
  const inherited = readdirSync('/proc/self/fd').map(Number);
  // The folder that was read is in the list, and closed by now: not an error.
  for (const fd of inherited) if (fd > 2) fcntl(fd, F_SETFD, FD_CLOEXEC);
}
