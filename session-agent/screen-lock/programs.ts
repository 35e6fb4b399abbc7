import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Argv = readonly [file: string, ...args: string[]];

/** A program that was started. */
export interface Started {
  /** Its exit status, or undefined when a signal ended it or it could not be started. Never rejects. */
  readonly ended: Promise<number | undefined>;
  kill(): void;
}

/** Programs of this session, which see its display (S2: a list of arguments, no shell). */
export interface Programs {
  /**
   * It outlives us, and nothing that it prints is read: the end of this agent must unlock no screen.
   */
  start(argv: Argv): Started;
  /** @param line called for each line that it prints */
  read(argv: Argv, line: (text: string) => void): Started;
}

/** @param env of the session */
export function sessionPrograms(env: NodeJS.ProcessEnv): Programs {
  return {
    start([file, ...args]) {
      const child = spawn(file, args, { env, cwd: '/', stdio: 'ignore', detached: true });
      child.unref();
      return started(child);
    },
    read([file, ...args], line) {
      const child = spawn(file, args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'ignore'] });
      createInterface({ input: child.stdout }).on('line', line);
      return started(child);
    },
  };
}

function started(child: ReturnType<typeof spawn>): Started {
  return {
    ended: new Promise((resolve) => {
      child.on('error', () => resolve(undefined));
      child.on('close', (status) => resolve(status ?? undefined));
    }),
    kill: () => void child.kill(),
  };
}
