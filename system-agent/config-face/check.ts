import type { Io } from '#shared/cli/io.ts';
import { plain } from '#shared/cli/plain.ts';
import { formatJson } from '#shared/json/format.ts';
import { formatProblem, type Problem } from '../config/findings.ts';
import type { Configuration } from '../config/read.ts';

/**
 * Prints what is wrong. Notes are printed too, but are nothing that has to be mended.
 * @param known names of the commands of this build
 * @returns 1 if something has to be mended
 */
export function check(
  configuration: Configuration,
  known: ReadonlySet<string>,
  json: boolean,
  io: Pick<Io, 'stdout'>,
): number {
  const problems = [...configuration.problems, ...unknownNames(configuration, known)];
  const isWrong = problems.some(({ severity }) => severity !== 'note');
  if (json) {
    io.stdout.write(`${formatJson({ ok: !isWrong, problems: problems.map((problem) => ({ ...problem })) })}\n`);
  } else {
    for (const problem of problems) io.stdout.write(`${plain(describe(problem))}\n`);
  }
  return isWrong ? 1 : 0;
}

function describe(problem: Problem): string {
  switch (problem.severity) {
    case 'error':
      return formatProblem(problem);
    case 'restriction':
      return `${formatProblem(problem)} (not understood: commands for files, programs, passwords and keys stay denied)`;
    case 'note':
      return `${formatProblem(problem)} (note)`;
  }
}

/** A name that no command has restricts nothing: a slip of the pen, or a command of a later release. */
function unknownNames({ restrictions }: Configuration, known: ReadonlySet<string>): Problem[] {
  return restrictions.flatMap((restriction) => {
    if (restriction.kind === 'not-understood') return [];
    return [...restriction.names]
      .filter((name) => !known.has(name))
      .map((name) => ({ severity: 'note' as const, place: restriction.place, text: `there is no command '${name}'` }));
  });
}
