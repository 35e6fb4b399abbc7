import { formatGroup } from '#shared/config/key-file.ts';
import type { Config } from './config.ts';
import { defaultOf, GROUPS, SETTINGS } from './settings.ts';

const rowsOf = (group: string) => SETTINGS.filter((row) => row.group === group);

/** The configuration as a file that gives the same again. */
export function formatConfig(config: Config): string {
  return GROUPS.map((group) =>
    formatGroup(
      group,
      rowsOf(group).map((row) => [row.key, row.format(config)]),
    ),
  ).join('\n');
}

const WIDTH = 100;

/** The sample that is installed: every key with its sentence and default, commented out. */
export function formatSample(): string {
  const groups = GROUPS.map((group) => {
    const rows = rowsOf(group).map((row) =>
      [...comment(row.help), ...comment(`(${row.syntax})`), `#${`${row.key}=${defaultOf(row)}`}`].join('\n'),
    );
    return `[${group}]\n${rows.join('\n\n')}\n`;
  });
  return `${comment(INTRODUCTION).join('\n')}\n\n${groups.join('\n')}`;
}

const INTRODUCTION =
  'Configuration of uga, the unified guest agent. What is commented out is the default. Files of /etc/uga/uga.conf.d ' +
  "that end in .conf are read after this one, in the order of their names. 'uga config check' looks for mistakes, " +
  "'uga config show' says what is in force and why. Made from the table in system-agent/config/settings.ts.";

function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** The tables of docs/configuration.md, in Markdown. */
export function formatReference(): string {
  return GROUPS.map((group) => {
    const rows = rowsOf(group).map((row) => {
      const cells = [`\`${row.key}\``, row.syntax, code(defaultOf(row)), row.help];
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    });
    return `## [${group}]\n\n| Key | Value | Default | Meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  }).join('\n');
}

const code = (value: string) => (value === '' ? 'empty' : `\`${value}\``);
