import { createInterface } from 'node:readline';
import { runPrompt } from '#host/cli/prompt.ts';
import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Io, Run } from '#shared/cli/io.ts';
import { type CommandLine, type Parsed, parseCommandLine } from '#shared/cli/options.ts';
import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import { AgentProcess } from './agent-process.ts';
import { demoCommands } from './commands.ts';
import { Doors, untilOpen } from './doors.ts';
import { RuntimeDirectory } from './runtime-directory.ts';
import { EndSignals } from './signals.ts';
import { readDoors } from './status.ts';

const START_MS = 15_000;
const LAST_LINES = 10;

export const COMMAND_LINE = {
  name: 'uga demo',
  summary:
    'Runs both agents on this machine as if it were a guest, in a private folder, and the host console on top: ' +
    'what they say about this machine through three doors, then a prompt. Without a terminal the first alone.',
  options: [
    {
      name: 'real',
      help: 'Let commands take effect on this machine. Asks first; needs a terminal. Otherwise commands that change anything answer "refused in demo mode".',
    },
  ],
  positionals: [],
  sections: [
    { title: 'Exit codes', text: '0  left by the person, or one summary printed\n1  the agent failed\n2  usage' },
  ],
} as const satisfies CommandLine;

/** `uga demo`, which is what `npm start` runs. */
export const run: Run = (argv, io) =>
  runDemo(argv, io, { uga: [process.execPath, process.argv[1] ?? ''], display: process.env.DISPLAY });

interface Surroundings {
  /** How the program itself is started. */
  readonly uga: readonly string[];
  /** The X11 display of the person who runs this; without one there is no session agent. */
  readonly display?: string | undefined;
}

export async function runDemo(argv: readonly string[], io: Io, { uga, display }: Surroundings): Promise<number> {
  io.stdout.on('error', () => {}); // a reader that left is no reason to leave the agent running
  let parsed: Parsed<typeof COMMAND_LINE>;
  try {
    parsed = parseCommandLine(COMMAND_LINE, argv);
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }
  if (parsed.help) {
    io.stdout.write(helpText(COMMAND_LINE));
    return 0;
  }
  const isTerminal = io.stdin.isTTY === true && io.stdout.isTTY === true;
  const { real } = parsed.options;
  if (real && !isTerminal) {
    return reportUsage(
      COMMAND_LINE,
      new AgentError('invalid-argument', '--real asks before it starts and needs a terminal'),
      io,
    );
  }
  if (real && !(await confirm(io))) return 0;

  using end = new EndSignals();
  await using directory = await RuntimeDirectory.create();
  const { sockets, state, config } = directory;
  const mode = real ? [] : ['--demo'];
  const listen = (['qga', 'ovirt', 'vdagent'] as const).flatMap((door) => [
    `--${door}`,
    `unix-listen:${sockets[door]}`,
  ]);
  await using agent = new AgentProcess([
    ...uga,
    'system-agent',
    ...mode,
    ...listen,
    ...['--link', sockets.link, '--control', sockets.control, '--state-dir', state, '--config', config],
  ]);
  const signal = AbortSignal.any([end.signal, agent.death]);
  await using doors = new Doors(sockets);
  try {
    await untilOpen(doors.qga, START_MS, signal);
    // Its desktop records what it would do, unless all is real: the person's own clipboard stays untouched.
    await using session = display
      ? new AgentProcess([...uga, 'session-agent', '--link', sockets.link], real ? {} : { UGA_EFFECTS: 'refuse' })
      : undefined;
    const lines = await readDoors(doors, signal);
    io.stdout.write(`${['An agent on this machine says:', '', ...lines, '', modeLine(real)].join('\n')}\n`);
    if (session?.end !== undefined) io.stdout.write(`The session agent ${plain(session.end)}.\n`);
    if (isTerminal) {
      await runPrompt(doors.qga, { io, pretty: true }, { signal, extension: demoCommands(doors) });
    }
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    if (!signal.aborted) {
      io.stderr.write(`uga demo: ${plain(error.message)}\n`);
      return 1;
    }
  }
  if (end.exitCode !== undefined) return end.exitCode;
  if (agent.end === undefined) return 0;
  io.stderr.write(`uga demo: the agent ${agent.end}\n`);
  for (const line of agent.lastLines(LAST_LINES)) io.stderr.write(`  ${plain(line)}\n`);
  return 1;
}

async function confirm(io: Io): Promise<boolean> {
  const reader = createInterface({ input: io.stdin, output: io.stdout });
  const answer = await new Promise<string>((resolve) => {
    reader.once('close', () => resolve(''));
    reader.question(
      'Commands will take effect on THIS machine, with your rights: shutdown, freeze, files, passwords. Go on? [y/N] ',
      resolve,
    );
  });
  reader.close();
  return /^y(es)?$/i.test(answer.trim());
}

function modeLine(real: boolean): string {
  return real
    ? 'REAL: commands take effect on this machine.'
    : 'Demo mode: commands that change anything answer "refused in demo mode".';
}
