import { Door } from '#host/qga/door.ts';
import { DEFAULT_GRACE_MS, DEFAULT_TIMEOUT_MS } from '#host/qga/options.ts';
import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Run } from '#shared/cli/io.ts';
import { type CommandLine, type Parsed, parseCommandLine } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonObject } from '#shared/json/value.ts';
import { readArguments, readObject } from './arguments.ts';
import { call } from './call.ts';
import { EXIT, reportError } from './exit.ts';
import { CONNECT, readSeconds, timeoutRow } from './options.ts';
import { PROMPT_HELP, runPrompt } from './prompt.ts';
import { readAll } from './stdin.ts';

/** The most that an agent takes as one message. */
const MAX_STDIN = 64 * 1024 * 1024;

export const COMMAND_LINE = {
  name: 'uga host qga',
  summary:
    'Sends a command to the QEMU guest agent door of a guest (ours or qemu-ga) and prints what it returns. Without a ' +
    'command: a prompt.',
  options: [
    CONNECT,
    timeoutRow(DEFAULT_TIMEOUT_MS),
    { name: 'pretty', help: 'Print JSON over several lines. Default on a terminal.' },
    { name: 'compact', help: 'Print JSON on one line. Default otherwise.' },
  ],
  positionals: [{ name: 'COMMAND' }, { name: 'ARGUMENT', rest: true }],
  sections: [
    {
      title: 'Arguments',
      text: `{JSON}       all arguments as one JSON object
-            the same, read from standard input
NAME=VALUE   one argument each. A VALUE that is JSON is taken as such (5,
             true, "5", [1, 2]), anything else is a string.
Integers of 64 bits are exact, both ways.`,
    },
    {
      title: 'Commands without a reply',
      text: `guest-shutdown, guest-suspend-disk, guest-suspend-ram and guest-suspend-hybrid
answer only when they fail. They are sent after the agent has answered a sync,
and count as done when the channel closes or nothing comes for ${DEFAULT_GRACE_MS / 1000} s; stderr
says which. Neither proves that the guest did it.`,
    },
    {
      title: 'Prompt',
      text: `${PROMPT_HELP}

Tab completes command names, the arrow keys recall earlier lines, Ctrl-C
cancels the command under way. A connection that is lost is made anew for the
next command. Without a terminal commands are read one a line.`,
    },
    {
      title: 'Output',
      text: `The returned value as ASCII JSON on stdout; errors and remarks on stderr.
Nothing that a guest says reaches the terminal unescaped.`,
    },
    {
      title: 'Exit codes',
      text: `0  done
1  the guest answered an error; its class and description are on stderr
2  the command line cannot be understood
3  no connection, no answer in time, connection lost, or no valid reply
The prompt without a terminal gives the code of the last command that failed.`,
    },
    {
      title: 'Examples',
      text: `uga host qga --connect qga.sock guest-get-osinfo
uga host qga -c qga.sock guest-file-open path=/etc/os-release mode=r
uga host qga -c qga.sock guest-exec '{"path": "/bin/true", "arg": ["-x"]}'
printf 'guest-ping\\nguest-get-time\\n' | uga host qga -c qga.sock`,
    },
  ],
} as const satisfies CommandLine;

/** `uga host qga`. */
export const runQga: Run = async (argv, io) => {
  let parsed: Parsed<typeof COMMAND_LINE>;
  let options: { readonly timeoutMs: number; readonly pretty: boolean };
  let args: JsonObject | undefined;
  try {
    parsed = parseCommandLine(COMMAND_LINE, argv);
    if (parsed.help) {
      io.stdout.write(helpText(COMMAND_LINE));
      return EXIT.ok;
    }
    options = readOptions(parsed.options, io.stdout.isTTY === true);
    const words = parsed.positionals.slice(1);
    args =
      words.length === 1 && words[0] === '-'
        ? readObject((await readAll(io.stdin, MAX_STDIN)).toString())
        : readArguments(words);
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }
  await using door = new Door(parsed.options.connect, { timeoutMs: options.timeoutMs });
  const surface = { io, pretty: options.pretty };
  const [command] = parsed.positionals;
  if (command !== undefined) return await call(door, { command, args }, surface);
  try {
    await door.client();
  } catch (error) {
    return reportError(COMMAND_LINE.name, error, io);
  }
  return await runPrompt(door, surface);
};

function readOptions(
  given: { readonly timeout: string | undefined; readonly pretty: boolean; readonly compact: boolean },
  isTerminal: boolean,
): { timeoutMs: number; pretty: boolean } {
  if (given.pretty && given.compact)
    throw new AgentError('invalid-argument', '--pretty and --compact exclude each other');
  return {
    timeoutMs: readSeconds('timeout', given.timeout) ?? DEFAULT_TIMEOUT_MS,
    pretty: given.pretty || (isTerminal && !given.compact),
  };
}
