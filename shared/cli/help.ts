import type { AgentError } from '#shared/errors.ts';
import type { Io } from './io.ts';
import { type CommandLine, HELP, type Option, type Positional } from './options.ts';

/** Exit code for a command line that cannot be understood. */
export const USAGE_EXIT = 2;

const WIDTH = 80;
const INDENT = 2;

/** The whole `--help` text, made from the table, ending in a newline. */
export function helpText(commandLine: CommandLine): string {
  const rows = [...commandLine.options, HELP].filter((option) => !option.unavailable).map(row);
  const column = Math.max(...rows.map(([left]) => left.length)) + INDENT + 2;
  const parts = [
    usageLine(commandLine),
    ...wrap(commandLine.summary, WIDTH),
    '',
    'Options:',
    ...rows.flatMap(([left, help]) => {
      const [first = '', ...more] = wrap(help, WIDTH - column);
      return [
        left.padStart(left.length + INDENT).padEnd(column) + first,
        ...more.map((line) => ' '.repeat(column) + line),
      ];
    }),
    ...(commandLine.sections ?? []).flatMap(({ title, text }) => ['', `${title}:`, ...text.split('\n').map(indented)]),
  ];
  return `${parts.join('\n')}\n`;
}

/** "Usage: uga host qga --connect PATH [OPTION]... [COMMAND [ARGUMENT]...]" */
export function usageLine({ name, options, positionals }: CommandLine): string {
  const required = options.filter((option) => option.required).map((option) => `--${option.name} ${option.value}`);
  return ['Usage:', name, ...required, '[OPTION]...', ...positionals.map(positionalText)].join(' ');
}

/** Says on stderr what is wrong with a command line and how it is used. @returns the exit code for that */
export function reportUsage(commandLine: CommandLine, error: AgentError, io: Pick<Io, 'stderr'>): number {
  const { name } = commandLine;
  io.stderr.write(`${name}: ${error.message}\n${usageLine(commandLine)}\nSee '${name} --help'.\n`);
  return USAGE_EXIT;
}

function positionalText({ name, required, rest }: Positional): string {
  const word = rest ? `${name}...` : name;
  return required ? word : `[${word}]`;
}

function row({ name, short, value, help }: Option): [string, string] {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return [`${short === undefined ? '    ' : `-${short}, `}${long}`, help];
}

function indented(line: string): string {
  return line === '' ? '' : ' '.repeat(INDENT) + line;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
