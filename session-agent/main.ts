import path from 'node:path';
import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Io } from '#shared/cli/io.ts';
import { type CommandLine, parseCommandLine } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';
import { stopWithInput } from '#shared/lifecycle/input-end.ts';
import { runUntilSignal } from '#shared/lifecycle/process.ts';
import { LOG_LEVELS, type LogLevel } from '#shared/log/log.ts';
import { createLog } from '#shared/log/stderr.ts';
import { Session } from './session.ts';
import { DEFAULT_LINK_PATH } from './system-link/system-link.ts';

export const COMMAND_LINE = {
  name: 'uga session-agent',
  summary: "The agent of one login session, with the user's rights: clipboard, monitors, pointer layout, screen lock.",
  options: [
    { name: 'link', value: 'PATH', help: `Socket of the system agent (default ${DEFAULT_LINK_PATH}).` },
    {
      name: 'poll-clipboard',
      help: 'Where a Wayland desktop offers no other way, share its text by wl-copy and wl-paste: once a second each takes the focus for a moment.',
    },
    { name: 'log-level', value: 'L', help: 'error, warn, info or debug (default info).' },
  ],
  positionals: [],
  sections: [
    {
      title: 'Environment',
      text: 'WAYLAND_DISPLAY and XDG_RUNTIME_DIR, or DISPLAY and XAUTHORITY, say where the desktop is; without one the agent only locks the screen.',
    },
    { title: 'Signals', text: 'SIGTERM and SIGINT stop the agent; a second one stops it at once.' },
    {
      title: 'Exit codes',
      text: '0 stopped by a signal, because the desktop has ended, or because the session has an agent already, 1 could not run, 2 wrong options',
    },
  ],
} as const satisfies CommandLine;

interface Options {
  readonly link: string;
  readonly level: LogLevel;
  readonly pollsClipboard: boolean;
}

export async function run(argv: readonly string[], io: Io): Promise<number> {
  let options: Options;
  try {
    const parsed = parseCommandLine(COMMAND_LINE, argv);
    if (parsed.help) {
      io.stdout.write(helpText(COMMAND_LINE));
      return 0;
    }
    options = {
      link: absolute(parsed.options.link ?? DEFAULT_LINK_PATH),
      level: logLevel(parsed.options['log-level'] ?? 'info'),
      pollsClipboard: parsed.options['poll-clipboard'],
    };
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }

  process.umask(0o077);
  const { env } = process;
  const log = createLog({ level: options.level, fd: 2, journal: env.JOURNAL_STREAM !== undefined });
  log.info('starting', { version: UGA_VERSION, commit: UGA_COMMIT, link: options.link });
  const stopping = new AbortController();
  const effects = env.UGA_EFFECTS === 'refuse' ? 'refuse' : 'real';
  if (effects === 'refuse') stopWithInput(stopping);
  const session = new Session({
    link: options.link,
    env,
    effects,
    pollsClipboard: options.pollsClipboard,
    ended: (why) => stopping.abort(why),
    log,
  });
  return runUntilSignal(session, log, stopping);
}

function absolute(file: string): string {
  if (path.isAbsolute(file)) return file;
  throw new AgentError('invalid-argument', `'${file}' is not an absolute path`);
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level !== undefined) return level;
  throw new AgentError('invalid-argument', `'${text}' is no log level; expected ${LOG_LEVELS.join(', ')}`);
}
