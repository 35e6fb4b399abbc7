import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { helpText, reportUsage } from './help.ts';
import type { Io } from './io.ts';
import { type CommandLine, parseCommandLine, type Values } from './options.ts';
import { plain } from './plain.ts';

/**
 * Runs a face that does one thing and ends: understands its words, or helps, and says on stderr why it could not do it. Wrong words
 * (AgentError 'invalid-argument', also from `act`) are told with the usage; anything else that is neither ours nor the system's is a bug.
 * @returns what `act` returns; 0 for the help, 1 if it could not be done, USAGE_EXIT for wrong words
 */
export async function runFace<const C extends CommandLine>(
  commandLine: C,
  argv: readonly string[],
  io: Io,
  act: (options: Values<C>, positionals: readonly string[]) => number | Promise<number>,
): Promise<number> {
  try {
    const parsed = parseCommandLine(commandLine, argv);
    if (parsed.help) {
      io.stdout.write(helpText(commandLine));
      return 0;
    }
    io.stdout.on('error', () => {}); // a reader that left, as `| head` does
    return await act(parsed.options, parsed.positionals);
  } catch (error) {
    if (error instanceof AgentError && error.code === 'invalid-argument') return reportUsage(commandLine, error, io);
    if (!(error instanceof AgentError) && errnoOf(error) === undefined) throw error;
    io.stderr.write(`${commandLine.name}: ${plain(messageOf(error))}\n`);
    return 1;
  }
}
