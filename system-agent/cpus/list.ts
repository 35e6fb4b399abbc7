import { AgentError } from '#shared/errors.ts';

/**
 * How many numbers a list of the kernel's CPU files names, such as `0-3,5`.
 * @throws {AgentError} 'malformed'
 */
export function countOfList(text: string): number {
  return text
    .trim()
    .split(',')
    .reduce((sum, part) => sum + countOfRange(part), 0);
}

function countOfRange(part: string): number {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
  const count = Number(last) - Number(first) + 1;
  if (!(count > 0)) throw new AgentError('malformed', `'${part}' is no range of processors`);
  return count;
}
