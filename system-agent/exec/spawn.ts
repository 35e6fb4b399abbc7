import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import { type Environment, inheritable, parseEnvironment } from './environment.ts';
import type { Ending, ProgramSpec } from './exec.ts';
import { findProgram } from './lookup.ts';
import { Pipes } from './pipes.ts';
import type { StartProgram } from './table.ts';
import { asAnyService } from './upbringing.ts';

export interface SpawnOptions {
  /** Our own; what a program inherits of it is less. */
  readonly environment: NodeJS.ProcessEnv;
  /** What programs get: ours is stricter than they expect. */
  readonly umask: number;
}

/**
 * Starts programs as children in our own process group, with default signals and no descriptor of ours. They read from
 * and write to pipes or /dev/null.
 */
export function programStarter({ environment: own, umask }: SpawnOptions): StartProgram {
  return async (spec, sinks) => {
    const environment = spec.environment === undefined ? inheritable(own) : parseEnvironment(spec.environment);
    const pipes = new Pipes(sinks);
    try {
      const file = await findProgram(spec.path, environment.PATH ?? own.PATH);
      const child = await spawnChild(file, spec, environment, pipes.open(spec), umask);
      pipes.closeTheirs();
      if (spec.input !== undefined) pipes.feed(spec.input);
      return { pid: child.pid ?? 0, ended: endOf(child, pipes), abandon: () => pipes.close() };
    } catch (cause) {
      pipes.close();
      throw new AgentError('failed', describe(cause, spec.path), { cause });
    }
  };
}

function spawnChild(
  file: string,
  spec: ProgramSpec,
  environment: Environment,
  stdio: Pipes['theirs'],
  umask: number,
): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    // One umask serves the whole process; the child has its own once spawn is back.
    const ours = process.umask(umask);
    try {
      const options = { argv0: spec.path, env: environment, stdio: [...stdio] };
      const child = asAnyService(() => spawn(file, spec.args, options));
      child.once('error', reject);
      if (child.pid === undefined) return;
      child.unref();
      resolve(child);
    } finally {
      process.umask(ours);
    }
  });
}

function endOf(child: ChildProcess, pipes: Pipes): Promise<Pick<Ending, 'exitCode' | 'signal'>> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      const how = signal === null ? { exitCode: code ?? 0 } : { signal: constants.signals[signal] };
      void pipes.drained.then(() => resolve(how));
    });
  });
}

const OUT_OF_DESCRIPTORS = ['EMFILE', 'ENFILE'];

/** GLib's texts, which hosts see from QEMU's agent: glib/gspawn.c. */
function describe(error: unknown, path: string): string {
  const why = systemErrorText(error);
  const code = errnoOf(error) ?? '';
  if (OUT_OF_DESCRIPTORS.includes(code)) {
    return `Failed to create pipe for communicating with child process (${why})`;
  }
  if (code === 'EAGAIN' || code === 'ENOMEM') return `Failed to fork (${why})`;
  return `Failed to execute child process “${path}” (${why})`;
}
