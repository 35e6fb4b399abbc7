import { AgentError } from '#shared/errors.ts';
import { stepsTo } from '../freeze/hooks/inspect.ts';
import { objectionTo } from '../freeze/hooks/owner.ts';
import type { Exec } from './exec.ts';

/** Must this program be the very one that was meant by its path? */
export type IsGuarded = (path: string) => boolean;

/**
 * Starts a guarded program only if nobody but its owner could have put it there or can put another in its place: no link
 * on the way to it, and no step of the way that somebody else may write. Then there is no race between look and start.
 * @param owner user id
 */
export function guardedExec(exec: Exec, isGuarded: IsGuarded, owner = 0): Exec {
  return {
    name: exec.name,
    start: (signal) => exec.start(signal),
    stop: () => exec.stop(),
    async run(program) {
      const { path } = program;
      if (isGuarded(path)) {
        const objection = objectionToProgram(path, owner);
        if (objection !== undefined) throw new AgentError('refused', `${path} is not started: ${objection}`);
      }
      return exec.run(program);
    },
    poll: (pid) => exec.poll(pid),
  };
}

function objectionToProgram(path: string, owner: number): string | undefined {
  const steps = stepsTo(path);
  const link = steps.find(({ kind }) => kind === 'link');
  return link === undefined ? objectionTo(steps, owner) : `${link.path} is a link`;
}
