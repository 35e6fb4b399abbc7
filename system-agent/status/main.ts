import type { Answer } from '#protocol/control/message.ts';
import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Io } from '#shared/cli/io.ts';
import { type CommandLine, parseCommandLine, type Values } from '#shared/cli/options.ts';
import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import { DEFAULT_FILE, DEFAULTS } from '../config/config.ts';
import { parseAbsolutePath } from '../config/values.ts';
import { askOnce, controlPath } from '../control/client.ts';
import { showLive } from './live.ts';
import { renderStatus } from './render.ts';

export const COMMAND_LINE = {
  name: 'uga status',
  summary: 'What the running agent does: its hosts, their last requests, the sessions and how they are served.',
  options: [
    { name: 'watch', short: 'w', help: 'Go on and show each change, until it is interrupted.' },
    { name: 'json', help: 'Print JSON, one object a line.' },
    { name: 'control', value: 'PATH', help: `Socket of the agent (default as configured, ${DEFAULTS.control}).` },
    { name: 'config', value: 'FILE', help: `Configuration file that names the socket (default ${DEFAULT_FILE}).` },
  ],
  positionals: [],
  sections: [
    {
      title: 'Who sees what',
      text: 'Root sees everything; other users their own sessions, and whether hosts are connected.',
    },
    { title: 'Exit codes', text: '0 the agent runs, 1 it could not be asked, 2 wrong options, 3 no agent runs' },
  ],
} as const satisfies CommandLine;

/** As systemctl and the LSB have it. */
const NOT_RUNNING = 3;
const TIMEOUT_MS = 5_000;
const START_IT = 'Start it: systemctl start uga-system-agent';

export async function run(argv: readonly string[], io: Io): Promise<number> {
  let options: Values<typeof COMMAND_LINE>;
  let path: string;
  try {
    const parsed = parseCommandLine(COMMAND_LINE, argv);
    if (parsed.help) {
      io.stdout.write(helpText(COMMAND_LINE));
      return 0;
    }
    options = parsed.options;
    path = controlPath(options.control === undefined ? undefined : parseAbsolutePath(options.control), options.config);
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }
  return options.watch ? watch(path, options.json, io) : once(path, options.json, io);
}

async function once(path: string, json: boolean, io: Io): Promise<number> {
  io.stdout.on('error', () => {}); // a reader that left, as `| head` does
  let answer: Answer | undefined;
  try {
    answer = await askOnce(path, TIMEOUT_MS);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const isAbsent = error.code === 'not-found';
    io.stderr.write(`uga status: ${isAbsent ? 'not running, ' : ''}${plain(error.message)}\n`);
    if (!isAbsent) return 1;
    if (json) io.stdout.write(`${jsonText(undefined)}\n`);
    else io.stderr.write(`${START_IT}\n`);
    return NOT_RUNNING;
  }
  io.stdout.write(`${json ? jsonText(answer) : renderStatus(answer).join('\n')}\n`);
  return 0;
}

async function watch(path: string, json: boolean, io: Io): Promise<number> {
  const over = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => over.abort());
  io.stdout.on('error', () => over.abort());
  const lines = (answer: Answer | undefined, laterMs: number) => {
    if (json) return [jsonText(answer)];
    return answer === undefined ? ['not running', START_IT, ''] : [...renderStatus(answer, laterMs), ''];
  };
  await showLive(path, { lines }, io, over.signal);
  return 0;
}

function jsonText(answer: Answer | undefined): string {
  if (answer === undefined) return formatJson({ running: false });
  return formatJson({ running: true, uptimeMs: answer.uptimeMs, status: answer.status });
}
