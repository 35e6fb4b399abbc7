import { lstat } from 'node:fs/promises';
import { AgentError } from '#shared/errors.ts';
import { Patience } from '#shared/lifecycle/patience.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import { objectionTo, type Step } from '../hooks/owner.ts';
import type { Exec } from './exec.ts';

/** Must this program be the very one that was meant by its path? */
export type IsGuarded = (path: string) => boolean;

/** How long a file system may take to say what is on the way; one of them may keep a thread. */
const LOOK_LIMIT_MS = 10_000;
const MAX_LOOKS = 1;

/**
 * Starts a guarded program only if nobody but its owner could have put it there or can put another in its place: no link
 * on the way to it, and no step of the way that somebody else may write. Then there is no race between look and start.
 * @param owner user id
 */
export function guardedExec(exec: Exec, isGuarded: IsGuarded, owner = 0): Exec {
  const looks = new Patience(LOOK_LIMIT_MS, MAX_LOOKS);
  return {
    name: exec.name,
    start: (signal) => exec.start(signal),
    stop: () => exec.stop(),
    async run(program) {
      const { path } = program;
      if (isGuarded(path)) {
        const tooLate = () => 'the file system that it is on does not answer';
        const objection = await looks.ask(path, () => objectionToProgram(path, owner), tooLate);
        if (objection !== undefined) throw new AgentError('refused', `${path} is not started: ${objection}`);
      }
      return exec.run(program);
    },
    poll: (pid) => exec.poll(pid),
  };
}

/** @param file absolute and plain, as rules ask for */
async function objectionToProgram(file: string, owner: number): Promise<string | undefined> {
  const names = file.split('/').slice(1);
  const steps: Step[] = [];
  try {
    for (let depth = 0; depth <= names.length; depth++) {
      const step = await look(`/${names.slice(0, depth).join('/')}`);
      if (step.kind === 'link') return `${step.path} is a link`;
      steps.push(step);
    }
  } catch (error) {
    return systemErrorText(error);
  }
  return objectionTo(steps, owner);
}

async function look(path: string): Promise<Step> {
  const stats = await lstat(path);
  const kind = stats.isSymbolicLink() ? 'link' : stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other';
  return { path, kind, uid: stats.uid, mode: stats.mode & 0o7777 };
}
