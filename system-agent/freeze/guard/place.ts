import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { isExecutable } from '#shared/process/tools.ts';

export interface GuardPlace {
  /** Where systemd listens and starts the guard in a unit of its own, which outlives ours. */
  readonly socket: string;
  /** Where nobody listens, this program is started in a session of its own. */
  readonly program: string;
}

const SOCKET = '/run/uga/freeze-guard.sock';
/** Beside our bundle, put there by the build. */
const PROGRAM = 'native/uga-freeze-guard';

/** The guard of this installation; undefined where there is none, and so no freezing. */
export function guardPlace(): GuardPlace | undefined {
  const self = process.argv[1];
  if (self === undefined || !existsSync(self)) return undefined;
  const program = path.join(path.dirname(realpathSync(self)), PROGRAM);
  return isExecutable(program) ? { socket: SOCKET, program } : undefined;
}
