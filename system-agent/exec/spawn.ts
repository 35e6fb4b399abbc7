import { AgentError, errnoOf } from '#shared/errors.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import { type ChildProgram, startProgram } from '#shared/native/program.ts';
import { inheritable, parseEnvironment } from './environment.ts';
import { ProgramFinder } from './lookup.ts';
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
  const finder = new ProgramFinder();
  return async (spec, sinks) => {
    const environment = spec.environment === undefined ? inheritable(own) : parseEnvironment(spec.environment);
    const file = await finder.find(spec.path, environment.PATH ?? own.PATH).catch((cause: unknown) => {
      throw new AgentError('failed', describe(cause, spec.path), { cause });
    });
    const pipes = new Pipes(sinks);
    try {
      const stdio = pipes.open(spec);
      const texts = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      const argv = [spec.path, ...spec.args] as const;
      const child = asAnyService(() => startProgram({ file, argv, environment: texts, stdio, umask }));
      pipes.closeTheirs();
      if (spec.input !== undefined) pipes.feed(spec.input);
      const ended = child.ended.then(async (how) => {
        await pipes.drained;
        return how;
      });
      return { pid: child.pid, ended, abandon: () => abandon(child, pipes) };
    } catch (cause) {
      pipes.close();
      throw new AgentError('failed', describe(cause, spec.path), { cause });
    }
  };
}

function abandon(child: ChildProgram, pipes: Pipes): void {
  child.abandon();
  pipes.close();
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
