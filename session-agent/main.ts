import { reportUsage } from '#shared/cli/help.ts';
import type { Io } from '#shared/cli/io.ts';
import type { CommandLine } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';

const COMMAND_LINE = {
  name: 'uga session-agent',
  summary: 'The agent of one login session.',
  options: [],
  positionals: [],
} as const satisfies CommandLine;

export async function run(_argv: readonly string[], io: Io): Promise<number> {
  return reportUsage(COMMAND_LINE, new AgentError('unsupported', 'not available in this build'), io);
}
