import { closeSync } from 'node:fs';
import { AgentError } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { adoptSocket } from '#shared/native/inherited-socket.ts';
import { acceptUnix } from '#shared/native/unix-socket.ts';
import type { Channel } from '../channels/channel.ts';
import { ListenChannel } from '../channels/listen.ts';
import { vsockListener } from '../channels/vsock-listen.ts';

/** The first descriptor that systemd passes: sd_listen_fds(3). */
const FIRST_FD = 3;
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'];

/**
 * Whether a service manager has opened our socket for us; the variables that say so are removed, they are not for our
 * children.
 * @throws {AgentError} 'invalid-argument' in qemu-ga's words when it has opened several
 */
export function isActivated(environment: NodeJS.ProcessEnv, pid: number): boolean {
  const count = Number(environment.LISTEN_PID) === pid ? Number(environment.LISTEN_FDS) : 0;
  for (const name of VARIABLES) delete environment[name];
  if (count > 1) throw new AgentError('invalid-argument', 'qemu-ga only supports listening on one socket');
  return count === 1;
}

/** The door's channel on the socket that was opened for us. Its file is the service manager's to remove. */
export function activatedChannel(log: Log): Channel {
  return new ListenChannel('(activated)', log, () => {
    switch (adoptSocket(FIRST_FD)) {
      case 'unix':
        return { fd: FIRST_FD, accept: () => acceptUnix(FIRST_FD), close: () => closeSync(FIRST_FD) };
      case 'vsock':
        return vsockListener(FIRST_FD, log);
      case undefined:
        throw new AgentError('unsupported', 'unsupported listen fd type');
    }
  });
}
