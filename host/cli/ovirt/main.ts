import { readArguments } from '#host/cli/arguments.ts';
import { EXIT, reportError } from '#host/cli/exit.ts';
import { Live, timeOfDay } from '#host/cli/live.ts';
import { CONNECT, FOR, readSeconds, timeoutRow } from '#host/cli/options.ts';
import { formatPretty } from '#host/cli/pretty.ts';
import { DEFAULT_TIMEOUT_MS, OvirtClient } from '#host/ovirt/client.ts';
import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Io, Run } from '#shared/cli/io.ts';
import { type CommandLine, type Parsed, parseCommandLine, type Values } from '#shared/cli/options.ts';
import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import type { JsonObject, JsonValue } from '#shared/json/value.ts';
import { describe } from './describe.ts';

export const COMMAND_LINE = {
  name: 'uga host ovirt',
  summary:
    "Talks to the oVirt guest agent door of a guest (ours or ovirt-guest-agent) as oVirt's host does: asks for all reports and agrees on the version of the protocol.",
  options: [
    CONNECT,
    timeoutRow(DEFAULT_TIMEOUT_MS),
    FOR,
    { name: 'wait', value: 'NAME', help: "With send: wait for the guest's next message NAME and print it." },
  ],
  positionals: [
    { name: 'ACTION', required: true, choices: ['watch', 'get', 'send'] },
    { name: 'ARGUMENT', rest: true },
  ],
  sections: [
    {
      title: 'Actions',
      text: `watch                     shows each message of the guest as it comes
get                       waits for the main reports and prints the latest of
                          all as one JSON object
send NAME [KEY=VALUE]...  sends one command, once the guest has been heard; a
                          VALUE that is JSON is taken as such, anything else
                          is a string; {JSON} gives all arguments as one`,
    },
    {
      title: 'Output',
      text: `ASCII JSON, one message a line; on a terminal watch prints words for people.
Nothing that a guest says reaches the terminal unescaped. Commands have no
replies: that send ends with 0 says that an agent was there and the command
went out, not that the guest did it.`,
    },
    {
      title: 'Exit codes',
      text: `0  done
2  the command line cannot be understood
3  no connection, no word from the guest in time, or connection lost; get
   prints the reports that came all the same`,
    },
    {
      title: 'Examples',
      text: `uga host ovirt --connect ovirt.sock watch --for 30
uga host ovirt -c ovirt.sock send shutdown timeout=0 message=Bye reboot=False
uga host ovirt -c ovirt.sock send echo n=1 --wait echo
uga host ovirt -c ovirt.sock get`,
    },
  ],
} as const satisfies CommandLine;

type Action = (client: OvirtClient, io: Io) => Promise<number>;

/** `uga host ovirt`. */
export const runOvirt: Run = async (argv, io) => {
  let parsed: Parsed<typeof COMMAND_LINE>;
  let timeoutMs: number | undefined;
  let act: Action;
  try {
    parsed = parseCommandLine(COMMAND_LINE, argv);
    if (parsed.help) {
      io.stdout.write(helpText(COMMAND_LINE));
      return EXIT.ok;
    }
    timeoutMs = readSeconds('timeout', parsed.options.timeout);
    act = readAction(parsed.positionals, parsed.options);
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }
  try {
    await using client = await OvirtClient.connect(parsed.options.connect, { timeoutMs });
    return await act(client, io);
  } catch (error) {
    return reportError(COMMAND_LINE.name, error, io);
  }
};

function readAction([action = '', ...words]: readonly string[], options: Values<typeof COMMAND_LINE>): Action {
  const forMs = readSeconds('for', options.for);
  if (forMs !== undefined && action !== 'watch') throw wrong('--for goes with watch');
  if (options.wait !== undefined && action !== 'send') throw wrong('--wait goes with send');
  switch (action) {
    case 'send': {
      const [name, ...rest] = words;
      if (name === undefined) throw wrong('send: NAME is missing');
      const members = readArguments(rest);
      return (client, io) => send(client, io, { name, members, reply: options.wait });
    }
    case 'watch':
    case 'get':
      if (words[0] !== undefined) throw wrong(`unexpected argument '${words[0]}'`);
      return action === 'get' ? get : (client, io) => watch(client, io, forMs);
    default:
      throw wrong(`unknown action '${action}'`);
  }
}

interface Command {
  readonly name: string;
  readonly members: JsonObject | undefined;
  readonly reply?: string | undefined;
}

/** Sends one command once the guest was heard. @throws as OvirtClient.send */
export async function send(
  client: OvirtClient,
  io: Io,
  { name, members, reply }: Command,
  signal?: AbortSignal,
): Promise<number> {
  await client.untilHeard({ signal });
  const answer = await client.send(name, members, { reply, signal });
  if (answer) io.stdout.write(`${formatJson(answer)}\n`);
  else io.stderr.write(`${plain(name)}: sent\n`);
  return EXIT.ok;
}

/** @throws {AgentError} when not even a part of the reports came */
export async function get(client: OvirtClient, io: Io, signal?: AbortSignal): Promise<number> {
  let failure: unknown;
  try {
    await client.untilComplete({ signal });
  } catch (error) {
    if (client.latest.size === 0) throw error;
    failure = error;
  }
  const reports = new Map<string, JsonValue>([['apiVersion', BigInt(client.apiVersion)], ...client.latest]);
  io.stdout.write(`${io.stdout.isTTY ? formatPretty(reports) : formatJson(reports)}\n`);
  if (failure === undefined) return EXIT.ok;
  return reportError(`${COMMAND_LINE.name}: without ${client.missing.join(', ')}`, failure, io);
}

/** @throws {AgentError} 'failed' when the connection ends before the time is over */
async function watch(client: OvirtClient, io: Io, forMs: number | undefined): Promise<number> {
  using live = new Live(io);
  using _ = client.listen((message) => {
    const { name, members } = message;
    const line = new Map<string, JsonValue>([['__name__', name], ...members]);
    return live.show(io.stdout.isTTY ? `${timeOfDay()}  ${describe(message)}` : formatJson(line));
  });
  await live.run(client.end(), { forMs });
  return EXIT.ok;
}

function wrong(message: string): AgentError {
  return new AgentError('invalid-argument', message);
}
