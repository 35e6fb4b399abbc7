import { DEFAULT_TIMEOUT_MS } from '#host/qga/options.ts';
import { MAX_CLIENTS, QmpServer } from '#host/qmp/server.ts';
import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Run } from '#shared/cli/io.ts';
import { type CommandLine, type Parsed, parseCommandLine } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';
import { runUntilSignal } from '#shared/lifecycle/process.ts';
import { createLog } from '#shared/log/stderr.ts';
import { type ListeningSocket, listenAt } from '#shared/socket/listening-socket.ts';
import { reportError } from './exit.ts';
import { CONNECT, readSeconds } from './options.ts';

const DEFAULT_EVENTS_MS = 500;
/** The owner's alone: whoever may connect has the guest in hand. */
const SOCKET_MODE = 0o600;
const ALL_BUT_THAT = 0o177;

export const COMMAND_LINE = {
  name: 'uga host qmp',
  summary:
    "Serves QEMU's machine protocol (QMP) on a unix socket, in front of the QEMU guest agent door of a guest (ours or qemu-ga): several clients at once, and events.",
  options: [
    CONNECT,
    {
      name: 'listen',
      short: 'l',
      value: 'SOCKET',
      required: true,
      help: 'Unix socket for QMP clients, made for its owner alone (mode 0600) and removed at the end. One that nobody answers on any more is replaced.',
    },
    {
      name: 'timeout',
      short: 't',
      value: 'SECONDS',
      help: `How long the guest may take for a command, until the client sets another time with uga-qmp-timeout. Fractions are allowed. Default ${DEFAULT_TIMEOUT_MS / 1000}.`,
    },
    {
      name: 'events',
      value: 'SECONDS',
      help: `How often the guest is asked for events while a client is there. Default ${DEFAULT_EVENTS_MS / 1000}.`,
    },
  ],
  positionals: [],
  sections: [
    {
      title: 'Commands',
      text: `Every command of the guest's agent, with the client's own id. The server adds
query-version, query-commands, query-qmp-schema and
uga-qmp-status                  is the agent there, how many clients are
uga-qmp-timeout {milliseconds}  deadline of this client's commands from now on
A command that has no reply on success (guest-shutdown and the suspend ones)
returns {} when it was sent to an agent that was there: that is no proof that
the guest did it.`,
    },
    {
      title: 'Events',
      text: `Those of an agent that has uga-event-wait, and
UGA_AGENT_CONNECTED
UGA_AGENT_DISCONNECTED {reason}  it is gone, or does not answer
UGA_AGENT_RESTARTED              it is another one; events may be missing
UGA_EVENTS_MISSED {missed}       so many events were not told`,
    },
    {
      title: 'Clients',
      text: `At most ${MAX_CLIENTS}. They share the one channel in turn, one command of each at a time.
A command that is not answered by its deadline fails; the guest may have done
it, and the error says so. It fails too if its turn does not come within twice
its deadline; then it was not sent. A client that does not read is cut off.
While no client is there the channel is free for others.`,
    },
    {
      title: 'Exit codes',
      text: `0  ended by SIGTERM or SIGINT
2  the command line cannot be understood
3  cannot listen on SOCKET`,
    },
    {
      title: 'Examples',
      text: `uga host qmp --connect qga.sock --listen qmp.sock
qmp-shell qmp.sock`,
    },
  ],
} as const satisfies CommandLine;

/** `uga host qmp`. */
export const runQmp: Run = async (argv, io) => {
  let parsed: Parsed<typeof COMMAND_LINE>;
  let times: { readonly timeoutMs: number; readonly eventsMs: number };
  try {
    parsed = parseCommandLine(COMMAND_LINE, argv);
    if (parsed.help) {
      io.stdout.write(helpText(COMMAND_LINE));
      return 0;
    }
    times = {
      timeoutMs: readSeconds('timeout', parsed.options.timeout) ?? DEFAULT_TIMEOUT_MS,
      eventsMs: readSeconds('events', parsed.options.events) ?? DEFAULT_EVENTS_MS,
    };
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }
  const { connect: guest, listen } = parsed.options;
  let listener: ListeningSocket;
  const mask = process.umask(ALL_BUT_THAT); // the socket is never anybody else's, not even before its mode is set
  try {
    listener = listenAt(listen, MAX_CLIENTS, SOCKET_MODE);
  } catch (error) {
    return reportError(COMMAND_LINE.name, error, io);
  } finally {
    process.umask(mask);
  }
  const log = createLog({ level: 'info', fd: 2, journal: process.env.JOURNAL_STREAM !== undefined });
  return await runUntilSignal(new QmpServer({ listener, guest, ...times, log }), log);
};
