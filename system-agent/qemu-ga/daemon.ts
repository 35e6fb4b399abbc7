import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { type Service, ServiceGroup } from '#shared/lifecycle/service.ts';
import { silenceStandardStreams } from '#shared/native/standard-streams.ts';
import { PidFile } from './pid-file.ts';

/** Set for the second process of a daemon: its end of a pipe on which it says that it serves. */
const READY_FD = 'UGA_DAEMON_READY_FD';
const READY = '+';

/**
 * Node cannot fork, so a daemon is our own program started again in a session of its own. The first process ends with
 * status 0 once the second one serves, and with 1 otherwise, when the second has said why on the stderr they share.
 */
export function startDaemon(argv: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      env: { ...process.env, [READY_FD]: '3' },
    });
    let said = '';
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said !== READY) return;
      child.unref();
      child.stdio[3]?.destroy();
      resolve(0);
    });
    child.on('error', reject);
    child.on('exit', () => resolve(1));
  });
}

/** Whether this is the second process of a daemon. */
export function isDaemon(environment: NodeJS.ProcessEnv): boolean {
  return environment[READY_FD] !== undefined;
}

/**
 * Makes the second process one: it takes the pid file, and lives in `/` with nothing for group and others.
 * @returns wraps what the daemon runs: once that has started, the first process learns it and the terminal is let go; when
 *   it has stopped, the pid file is removed
 * @throws {AgentError} when another daemon has the pid file, or it cannot be made
 */
export function becomeDaemon(environment: NodeJS.ProcessEnv, pidPath: string): (service: Service) => Service {
  const fd = Number(environment[READY_FD]);
  delete environment[READY_FD];
  const pidFile = PidFile.claim(pidPath);
  process.umask(0o077);
  process.chdir('/');
  const claim: Service = { name: 'pid-file', start: async () => {}, stop: async () => pidFile.release() };
  const report: Service = {
    name: 'daemon',
    async start() {
      silenceStandardStreams();
      writeSync(fd, READY);
      closeSync(fd);
    },
    stop: async () => {},
  };
  return (service) => new ServiceGroup(service.name, [claim, service, report]);
}
