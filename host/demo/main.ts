import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { plain } from '#host/cli/plain.ts';
import { runPrompt } from '#host/cli/prompt.ts';
import { readStatus } from '#host/cli/status.ts';
import { Door } from '#host/qga/door.ts';
import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Io, Run } from '#shared/cli/io.ts';
import { type CommandLine, type Parsed, parseCommandLine } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import { AgentProcess } from './agent-process.ts';
import { RuntimeDirectory } from './runtime-directory.ts';
import { EndSignals } from './signals.ts';

const START_MS = 15_000;
const LAST_LINES = 10;

const LINE = {
  name: 'uga demo',
  summary:
    'Runs the system-agent on this machine as if it were a guest, in a private folder, and the host console on top: ' +
    'what the agent says about this machine, then a prompt. Without a terminal the first alone.',
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
export const run: Run = (argv, io) => runDemo(argv, io, [process.execPath, process.argv[1] ?? '']);

/** @param uga how the program itself is started */
export async function runDemo(argv: readonly string[], io: Io, uga: readonly string[]): Promise<number> {
  io.stdout.on('error', () => {}); // a reader that left is no reason to leave the agent running
  let parsed: Parsed<typeof LINE>;
  try {
    parsed = parseCommandLine(LINE, argv);
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(LINE, error, io);
    throw error;
  }
  if (parsed.help) {
    io.stdout.write(helpText(LINE));
    return 0;
  }
  const isTerminal = io.stdin.isTTY === true && io.stdout.isTTY === true;
  const { real } = parsed.options;
  if (real && !isTerminal) {
    return reportUsage(
      LINE,
      new AgentError('invalid-argument', '--real asks before it starts and needs a terminal'),
      io,
    );
  }
  if (real && !(await confirm(io))) return 0;

  using end = new EndSignals();
  await using directory = await RuntimeDirectory.create();
  const { socket, state } = directory;
  const mode = real ? [] : ['--demo'];
  await using agent = new AgentProcess([
    ...uga,
    'system-agent',
    ...mode,
    '--qga',
    `unix-listen:${socket}`,
    '--state-dir',
    state,
  ]);
  const signal = AbortSignal.any([end.signal, agent.death]);
  await using door = new Door(socket, {});
  try {
    await untilReady(door, signal);
    io.stdout.write(`${await summary(door, real, signal)}\n`);
    if (isTerminal) await runPrompt(door, { io, pretty: true }, signal);
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

/** @throws {AgentError} the last reason why there was no connection, or 'cancelled' */
async function untilReady(door: Door, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff(10, 200);
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      await door.client({ signal });
      return;
    } catch (error) {
      if (signal.aborted || Date.now() > deadline) throw error;
    }
    await sleep(backoff.next(), undefined, { signal }).catch(() => {});
  }
}

async function summary(door: Door, real: boolean, signal: AbortSignal): Promise<string> {
  const status = await readStatus(await door.client({ signal }), { signal });
  const mode = real
    ? 'REAL: commands take effect on this machine.'
    : 'Demo mode: commands that change anything answer "refused in demo mode".';
  return ['The QGA door of an agent on this machine says:', '', ...status, '', mode].join('\n');
}
