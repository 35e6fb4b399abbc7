import { AgentError } from '#shared/errors.ts';
import { isBelow } from '#shared/files.ts';
import type { Exec, ProgramSpec } from './exec.ts';

/**
 * For tests: only programs in `folder`, by their path or because PATH names nothing else. What a link in it points at
 * is the business of who made it.
 */
export function confinedExec(exec: Exec, folder: string): Exec {
  return {
    name: exec.name,
    start: (signal) => exec.start(signal),
    stop: () => exec.stop(),
    async run(program) {
      if (!isConfined(program, folder)) {
        throw new AgentError('refused', `only programs below ${folder} may be started`);
      }
      return exec.run(program);
    },
    poll: (pid) => exec.poll(pid),
  };
}

function isConfined({ path, environment = [] }: ProgramSpec, folder: string): boolean {
  if (path.includes('/')) return isBelow(folder, path);
  const searchPath = environment.find((text) => text.startsWith('PATH='))?.slice('PATH='.length);
  return searchPath?.split(':').every((one) => isBelow(folder, one)) ?? false;
}
