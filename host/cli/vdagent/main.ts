import { EXIT, reportError } from '#host/cli/exit.ts';
import { CONNECT, FOR, readSeconds, timeoutRow } from '#host/cli/options.ts';
import { readCapabilities } from '#host/vdagent/capabilities.ts';
import { DEFAULT_TIMEOUT_MS, VdagentClient } from '#host/vdagent/client.ts';
import { layOut } from '#host/vdagent/monitors.ts';
import type { Capabilities } from '#protocol/vdagent/capabilities.ts';
import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Io, Run } from '#shared/cli/io.ts';
import { type CommandLine, type Parsed, parseCommandLine, type Values } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';
import * as clipboard from './clipboard.ts';
import { readWishes } from './monitors.ts';
import { readMouse } from './mouse.ts';

const SELECTIONS = ['clipboard', 'primary'] as const;
const TYPES = ['text', 'png', 'bmp', 'tiff', 'jpg'] as const;
const MAX_DISPLAY = 255;

export const COMMAND_LINE = {
  name: 'uga host vdagent',
  summary:
    "Talks to the SPICE agent door of a guest (ours or spice-vdagentd's) as a SPICE server with one client does.",
  options: [
    CONNECT,
    timeoutRow(DEFAULT_TIMEOUT_MS),
    FOR,
    {
      name: 'as',
      value: 'HOST',
      help: 'What the host announces: spice-gtk (default), qemu, or names of capabilities with commas between.',
    },
    { name: 'selection', value: 'NAME', help: `${SELECTIONS.join(' or ')}. Default clipboard.` },
    { name: 'type', value: 'TYPE', help: `Of the content: ${TYPES.join(', ')}. Default text.` },
    { name: 'once', help: 'With clipboard set: end when the guest has asked for the content.' },
    { name: 'raw', help: 'With clipboard get: bytes as they are, even on a terminal.' },
    { name: 'display', value: 'N', help: 'With mouse: the display that X,Y is on. Default 0.' },
    {
      name: 'physical',
      help: 'With monitors: add sizes in millimetres, as newer spice-gtk does. spice-vdagentd 0.22 ignores such a message.',
    },
  ],
  positionals: [
    { name: 'ACTION', required: true, choices: ['capabilities', 'clipboard', 'monitors', 'mouse'] },
    { name: 'ARGUMENT', rest: true },
  ],
  sections: [
    {
      title: 'Actions',
      text: `capabilities              prints what the guest can do, one name a line
clipboard get             prints what was copied in the guest; waits for it
clipboard set TEXT|-      offers TEXT or standard input to the guest, and
                          serves it until the guest copies something itself
clipboard watch           shows what is copied and pasted in the guest
monitors WxH[+X+Y]|off... asks for these monitors, the first for display 0
mouse X,Y [X,Y|BUTTON]... moves and clicks. BUTTON is left, middle, right,
                          side, extra, wheel-up or wheel-down, and
                          BUTTON=down or BUTTON=up for one half of a click`,
    },
    {
      title: 'Output',
      text: `Content goes to stdout as it is, on a terminal with everything escaped that
could steer it. watch prints JSON, one event a line; on a terminal words.`,
    },
    {
      title: 'Exit codes',
      text: `0  done
1  the guest cannot do it, has nothing of that type, or says that it failed
2  the command line cannot be understood
3  no connection, nothing in time, connection lost, or a broken frame`,
    },
    {
      title: 'Examples',
      text: `uga host vdagent --connect spice.sock clipboard get
echo hello | uga host vdagent -c spice.sock clipboard set - --once
uga host vdagent -c spice.sock monitors 1280x800 1024x768+1280+0
uga host vdagent -c spice.sock mouse 100,200 left 300,200 wheel-down`,
    },
  ],
} as const satisfies CommandLine;

type Options = Values<typeof COMMAND_LINE>;
type Action = (client: VdagentClient, io: Io) => Promise<number>;

/** `uga host vdagent`. */
export const runVdagent: Run = async (argv, io) => {
  let parsed: Parsed<typeof COMMAND_LINE>;
  let timeoutMs: number | undefined;
  let capabilities: Capabilities | undefined;
  let act: Action;
  try {
    parsed = parseCommandLine(COMMAND_LINE, argv);
    if (parsed.help) {
      io.stdout.write(helpText(COMMAND_LINE));
      return EXIT.ok;
    }
    const { options, positionals } = parsed;
    timeoutMs = readSeconds('timeout', options.timeout);
    capabilities = options.as === undefined ? undefined : readCapabilities(options.as);
    act = readAction(positionals, options);
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }
  try {
    await using client = await VdagentClient.connect(parsed.options.connect, { timeoutMs, capabilities });
    return await act(client, io);
  } catch (error) {
    return reportError(COMMAND_LINE.name, error, io);
  }
};

/**
 * What a person's words ask of the guest.
 *
 * @param signal ends what has no end of its own
 * @param stays the client outlives the command
 * @throws {AgentError} 'invalid-argument'
 */
export function readAction(
  words: readonly string[],
  options: Partial<Options>,
  { signal, stays }: { readonly signal?: AbortSignal; readonly stays?: boolean } = {},
): Action {
  const [action = '', ...rest] = words;
  switch (action) {
    case 'capabilities':
      noMore(rest);
      return async (client, io) => {
        io.stdout.write([...(await client.ready([], { signal })), ''].join('\n'));
        return EXIT.ok;
      };
    case 'clipboard':
      return readClipboardAction(rest, options, { signal, stays });
    case 'monitors': {
      const wishes = readWishes(rest);
      return async (client, io) => {
        const config = layOut(wishes, await client.ready(['monitors-config'], { signal }), options.physical === true);
        const isTaken = await client.configureMonitors(config, { signal });
        io.stderr.write(`monitors: ${isTaken === undefined ? 'sent; this guest never replies' : answer(isTaken)}\n`);
        return isTaken === false ? EXIT.guestError : EXIT.ok;
      };
    }
    case 'mouse': {
      const states = readMouse(rest, readDisplay(options.display));
      return async (client) => {
        for (const state of states) await client.moveMouse(state, { signal });
        return EXIT.ok;
      };
    }
    default:
      throw wrong(`unknown action '${action}'`);
  }
}

function readClipboardAction(
  [verb = '', ...words]: readonly string[],
  options: Partial<Options>,
  { signal, stays }: Pick<clipboard.ClipboardOptions, 'signal' | 'stays'>,
): Action {
  const settings: clipboard.ClipboardOptions = {
    selection: oneOf('selection', SELECTIONS, options.selection ?? 'clipboard'),
    type: oneOf('type', TYPES, options.type ?? 'text'),
    raw: options.raw === true,
    once: options.once === true,
    forMs: readSeconds('for', options.for),
    signal,
    stays,
  };
  const [content, ...more] = words;
  switch (verb) {
    case 'get':
      noMore(words);
      return (client, io) => clipboard.get(client, io, settings);
    case 'set':
      if (content === undefined) throw wrong('clipboard set: TEXT is missing');
      noMore(more);
      return (client, io) => clipboard.set(client, io, content, settings);
    case 'watch':
      noMore(words);
      return (client, io) => clipboard.watch(client, io, settings);
    default:
      throw wrong(`clipboard: get, set or watch, not '${verb}'`);
  }
}

function answer(isTaken: boolean): string {
  return isTaken ? 'the guest says that it took them' : 'the guest says that it failed';
}

function oneOf<Word extends string>(option: string, words: readonly Word[], text: string): Word {
  const word = words.find((known) => known === text);
  if (word === undefined) throw wrong(`--${option} is ${words.join(', ')}, not '${text}'`);
  return word;
}

function readDisplay(text = '0'): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : MAX_DISPLAY + 1;
  if (number > MAX_DISPLAY) throw wrong(`--display takes a number from 0 to ${MAX_DISPLAY}, not '${text}'`);
  return number;
}

function noMore([word]: readonly string[]): void {
  if (word !== undefined) throw wrong(`unexpected argument '${word}'`);
}

function wrong(message: string): AgentError {
  return new AgentError('invalid-argument', message);
}
