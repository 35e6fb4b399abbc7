import { createInterface, type Interface } from 'node:readline';
import type { Door } from '#host/qga/door.ts';
import { type GuestCommand, readCommands } from '#host/qga/info.ts';
import type { Io } from '#shared/cli/io.ts';
import { AgentError } from '#shared/errors.ts';
import { readArguments, splitWords } from './arguments.ts';
import { call, type Surface } from './call.ts';
import { EXIT, reportError } from './exit.ts';
import { readStatus } from './status.ts';

const BUILT_IN = ['help', 'quit', 'status'];
const HISTORY = 500;
/** Back to the first column, and rid of what stood there: the prompt. */
const CLEAR_LINE = '\r\u001b[K';

export const PROMPT_HELP = `COMMAND [NAME=VALUE]...   sends COMMAND; a VALUE that is JSON is taken as
                          such, anything else is a string
COMMAND {JSON}            the same with all arguments as one JSON object
status                    what the guest says about itself
help                      this text and the guest's commands
quit                      leave (also: end of input)`;

/** What a prompt can do beyond the QGA commands. */
export interface PromptExtension {
  readonly prompt: string;
  readonly help: string;
  /** First words of its commands, for completion. */
  readonly words: readonly string[];
  /** Instead of the QGA status alone. */
  status(signal: AbortSignal): Promise<string[]>;
  /** @returns undefined if the words are not for it. @throws {AgentError} */
  run(words: readonly string[], io: Io, signal: AbortSignal): Promise<number> | undefined;
  /** Calls `show` with what happens meanwhile, in lines safe for a terminal, until the result is disposed. */
  notices(show: (line: string) => void): Disposable;
}

/**
 * Reads commands, one a line, until `quit`, the end of input or `signal`. On a terminal with history, completion of
 * the guest's command names, and Ctrl-C to cancel what is under way. A connection that is lost is made anew for
 * the next command.
 *
 * @returns on a terminal 0; otherwise the exit code of the last command that failed, 0 if none did
 */
export async function runPrompt(
  door: Door,
  surface: Surface,
  { signal, extension }: { readonly signal?: AbortSignal; readonly extension?: PromptExtension } = {},
): Promise<number> {
  const { io } = surface;
  const isTerminal = io.stdin.isTTY === true && io.stdout.isTTY === true;
  let commands: readonly GuestCommand[] = [];
  const reader = createInterface({
    input: io.stdin,
    ...(isTerminal && { output: io.stdout }),
    terminal: isTerminal,
    prompt: isTerminal ? (extension?.prompt ?? 'qga> ') : '',
    historySize: HISTORY,
    completer: (line: string) => complete(line, commands, extension?.words),
  });
  const leave = (): void => reader.close();
  signal?.addEventListener('abort', leave);
  try {
    if (isTerminal) {
      void knownCommands(door, signal).then((known) => {
        commands = known;
      });
    }
    return await runLines(reader, { ...surface, isTerminal, door, signal, extension });
  } finally {
    signal?.removeEventListener('abort', leave);
    reader.close();
  }
}

interface Session extends Surface {
  readonly door: Door;
  readonly isTerminal: boolean;
  readonly signal: AbortSignal | undefined;
  readonly extension: PromptExtension | undefined;
}

async function runLines(reader: Interface, session: Session): Promise<number> {
  let running: AbortController | undefined;
  reader.on('SIGINT', () => {
    if (running) running.abort();
    else reader.close();
  });
  let lastFailure: number = EXIT.ok;
  const result = () => (session.isTerminal ? EXIT.ok : lastFailure);
  if (session.isTerminal) reader.prompt();
  using _ = session.extension?.notices((line) => {
    session.io.stdout.write(`${CLEAR_LINE}${line}\n`);
    if (!running) reader.prompt(true);
  });
  for await (const line of reader) {
    if (session.signal?.aborted) break;
    if (line.trim() === 'quit') return result();
    running = new AbortController();
    const signal = session.signal ? AbortSignal.any([session.signal, running.signal]) : running.signal;
    const code = await runLine(line, session, signal);
    running = undefined;
    if (code !== EXIT.ok) lastFailure = code;
    if (session.isTerminal) reader.prompt();
  }
  if (session.isTerminal) session.io.stdout.write('\n'); // what comes next should not stand behind the prompt
  return result();
}

async function runLine(line: string, session: Session, signal: AbortSignal): Promise<number> {
  const { door, io, extension } = session;
  try {
    const [command, ...words] = splitWords(line);
    switch (command) {
      case undefined:
        return EXIT.ok;
      case 'help':
        io.stdout.write(`${extension?.help ?? PROMPT_HELP}\n\n`);
        io.stdout.write(`${commandList(await readGuestCommands(door, signal))}\n`);
        return EXIT.ok;
      case 'status':
        io.stdout.write(`${(await (extension?.status(signal) ?? qgaStatus(door, signal))).join('\n')}\n`);
        return EXIT.ok;
      default:
        return await (extension?.run([command, ...words], io, signal) ??
          call(door, { command, args: readArguments(words) }, session, signal));
    }
  } catch (error) {
    const code = reportError(extension ? 'uga' : 'qga', error, io);
    return error instanceof AgentError && error.code === 'invalid-argument' ? EXIT.usage : code;
  }
}

async function qgaStatus(door: Door, signal: AbortSignal): Promise<string[]> {
  return readStatus(await door.client({ signal }), { signal });
}

/** For completion, a convenience: a guest that does not answer is no reason to refuse the prompt. */
async function knownCommands(door: Door, signal: AbortSignal | undefined): Promise<readonly GuestCommand[]> {
  try {
    return await readGuestCommands(door, signal);
  } catch (error) {
    if (error instanceof AgentError) return [];
    throw error;
  }
}

async function readGuestCommands(door: Door, signal: AbortSignal | undefined): Promise<GuestCommand[]> {
  const client = await door.client({ signal });
  return readCommands(await client.request('guest-info', undefined, { signal }));
}

function commandList(commands: readonly GuestCommand[]): string {
  const lines = commands.map(({ name, enabled }) => `  ${name}${enabled ? '' : ' (disabled)'}`);
  return ['The guest lists:', ...lines].join('\n');
}

/** Of the first word only. @returns the names that fit, and what they complete */
export function complete(
  line: string,
  commands: readonly GuestCommand[],
  more: readonly string[] = [],
): [string[], string] {
  const names = [...BUILT_IN, ...more, ...commands.filter(({ enabled }) => enabled).map(({ name }) => name)];
  return [names.filter((name) => name.startsWith(line)), line];
}
