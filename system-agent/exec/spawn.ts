import { AgentError, errnoOf } from '#shared/errors.ts';
import { Patience } from '#shared/lifecycle/patience.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import { type ChildProgram, startProgram } from '#shared/native/program.ts';
import { inheritable, parseEnvironment } from './environment.ts';
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

/** How long the folders of PATH may take to say what is in them. */
const LOOKUP_LIMIT_MS = 10_000;
/** Each holds a thread; file systems that do not answer are rare enough for one. */
const MAX_LOOKUPS = 1;

/**
 * Starts programs as children in our own process group, with default signals and no descriptor of ours. They read from
 * and write to pipes or /dev/null.
 */
export function programStarter({ environment: own, umask }: SpawnOptions): StartProgram {
  const lookups = new Patience(LOOKUP_LIMIT_MS, MAX_LOOKUPS);
  return async (spec, sinks) => {
    const environment = spec.environment === undefined ? inheritable(own) : parseEnvironment(spec.environment);
    const file = await lookups
      .ask(spec.path, () => findProgram(spec.path, environment.PATH ?? own.PATH), tooLate)
      .catch((cause: unknown) => {
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

function tooLate(): never {
  throw new AgentError('timeout', 'the file system that it is on does not answer');
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
