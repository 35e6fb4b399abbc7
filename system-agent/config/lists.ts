import type { Log } from '#shared/log/log.ts';
import { formatProblem } from './findings.ts';
import type { Configuration } from './read.ts';
import { objectionTo, type Restriction } from './restrictions.ts';

/** The lists of commands in force. They can be read again while the agent runs; a mistake leaves them as they are. */
export class Lists {
  #restrictions: readonly Restriction[];

  /** @param read reads everything; it throws when our own files are wrong */
  constructor(
    configuration: Configuration,
    private readonly read: () => Configuration,
    private readonly log: Log,
  ) {
    logProblems(configuration, log);
    this.#restrictions = configuration.restrictions;
  }

  /** Why a command is refused now; undefined when it is not. */
  readonly gate = ({ name }: { readonly name: string }): string | undefined => objectionTo(name, this.#restrictions);

  reload(): void {
    try {
      const configuration = this.read();
      logProblems(configuration, this.log);
      this.#restrictions = configuration.restrictions;
      this.log.info('the lists of commands were read again', { restrictions: configuration.restrictions.length });
    } catch (error) {
      this.log.error('the configuration is wrong, so the lists of commands stay as they were', { error });
    }
  }
}

function logProblems({ problems }: Configuration, log: Log): void {
  for (const problem of problems) {
    log[problem.severity === 'note' ? 'info' : 'warn']('configuration', { problem: formatProblem(problem) });
  }
}
