import { type CommandLine, HELP, type Option } from '#shared/cli/options.ts';
import type { Entry, Page, Section } from './page.ts';

export interface Edition {
  readonly version: string;
  /** Of the commit, so that the same commit gives the same page. */
  readonly date: Date;
}

/** The page in the language of man(7), ending in a newline. */
export function formatPage(page: Page, { version, date }: Edition): string {
  const { name, section, brief, commandLine, description = [], body = [], files, seeAlso } = page;
  const sections: string[] = [
    `.TH ${name.toUpperCase()} ${section} ${date.toISOString().slice(0, 10)} "uga ${version}" "Unified Guest Agent"`,
    // Names of files and options are not to be broken.
    '.nh\n.ad l',
    heading('Name'),
    `${text(name)} \\- ${text(brief)}`,
    ...(commandLine === undefined ? [] : [heading('Synopsis'), synopsis(commandLine)]),
    heading('Description'),
    paragraphs([...(commandLine === undefined ? [] : [commandLine.summary]), ...description]),
  ];
  if (commandLine !== undefined) {
    const options = [...commandLine.options, HELP].filter((option) => !option.unavailable);
    sections.push(heading('Options'), ...options.map(optionEntry));
    sections.push(...(commandLine.sections ?? []).map(({ title, text: lines }) => literalSection(title, lines)));
  }
  sections.push(...body.map(formatSection));
  if (files !== undefined) sections.push(formatSection({ title: 'Files', entries: files }));
  sections.push(heading('See also'), `${seeAlso.map(reference).join(',\n')}`);
  return `${sections.join('\n')}\n`;
}

/** A word or line that roff prints as it stands. */
export function text(words: string): string {
  const escaped = words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

function heading(title: string): string {
  return `.SH ${title.toUpperCase()}`;
}

function paragraphs(all: readonly string[]): string {
  return all.map(text).join('\n.PP\n');
}

/** "uga host qga --connect PATH [OPTION]... [COMMAND [ARGUMENT]...]" with names bold and values in italics. */
function synopsis({ name, options, positionals }: CommandLine): string {
  const required = options
    .filter((option) => option.required)
    .map((option) => `${bold(`--${option.name}`)} ${italic(option.value ?? '')}`);
  const words = positionals.map((word) => {
    const shown = italic(word.name) + (word.rest ? '...' : '');
    return word.required ? shown : `[${shown}]`;
  });
  return [bold(name), ...required, `[${italic('OPTION')}]...`, ...words].join(' ');
}

function optionEntry({ name, short, value, help }: Option): string {
  const spelled = [...(short === undefined ? [] : [bold(`-${short}`)]), bold(`--${name}`)].join(', ');
  return `.TP\n${spelled}${value === undefined ? '' : ` ${italic(value)}`}\n${text(help)}`;
}

function formatSection({ title, entries = [], literal }: Section): string {
  if (literal !== undefined) return literalSection(title, literal);
  return [heading(title), ...entries.map(entry)].join('\n');
}

function entry({ term, text: meaning }: Entry): string {
  return `.TP\n${bold(term)}\n${text(meaning)}`;
}

function literalSection(title: string, lines: string): string {
  return [heading(title), '.nf', ...lines.split('\n').map(text), '.fi'].join('\n');
}

/** "uga-doctor(8)" */
function reference(page: string): string {
  const [, name = page, section = ''] = /^(.+)(\(\d\))$/.exec(page) ?? [];
  return `${bold(name)}${section}`;
}

function bold(words: string): string {
  return `\\fB${text(words)}\\fR`;
}

function italic(words: string): string {
  return `\\fI${text(words)}\\fR`;
}
