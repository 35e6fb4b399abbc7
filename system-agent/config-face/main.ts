import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Io } from '#shared/cli/io.ts';
import { type CommandLine, parseCommandLine } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import { DEFAULT_FILE } from '../config/config.ts';
import { readConfiguration } from '../config/read.ts';
import { commands } from '../qga/commands/index.ts';
import { check } from './check.ts';
import { show, showKey } from './show.ts';
import { asJson, valuesOf } from './values.ts';

export const COMMAND_LINE = {
  name: 'uga config',
  summary: 'Looks at the configuration of this guest: what is wrong with it, or what is in force and why.',
  options: [
    {
      name: 'config',
      value: 'FILE',
      help: `Configuration file, and FILE.d/*.conf after it (default ${DEFAULT_FILE}).`,
    },
    { name: 'json', help: 'Print one JSON object instead of text.' },
  ],
  positionals: [{ name: 'check|show', required: true }, { name: 'KEY' }],
  sections: [
    {
      title: 'Actions',
      text: [
        'check   read everything, the configuration of the replaced agents too,',
        '        and print what is wrong as FILE:LINE: KEY: TEXT',
        'show    print every value with where it comes from, the commands that',
        '        hosts may not run, the hooks in place and the files read;',
        '        with KEY, as in ovirt.ignored_nics, that value alone',
      ].join('\n'),
    },
    { title: 'Exit codes', text: '0 nothing is wrong, or shown; 1 something is wrong (check); 2 wrong command line' },
  ],
} as const satisfies CommandLine;

export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    const parsed = parseCommandLine(COMMAND_LINE, argv);
    if (parsed.help) {
      io.stdout.write(helpText(COMMAND_LINE));
      return 0;
    }
    const [action, key] = parsed.positionals;
    if (action !== 'check' && action !== 'show') {
      throw new AgentError('invalid-argument', `'${action}' is neither check nor show`);
    }
    if (action === 'check' && key !== undefined) {
      throw new AgentError('invalid-argument', `unexpected argument '${key}'`);
    }
    const configuration = readConfiguration({ file: parsed.options.config });
    if (action === 'check') {
      return check(configuration, new Set(commands.map(({ name }) => name)), parsed.options.json, io);
    }
    const values = valuesOf(configuration);
    if (key !== undefined) io.stdout.write(showKey(values, key, parsed.options.json));
    else if (parsed.options.json) io.stdout.write(`${formatJson(asJson(configuration))}\n`);
    else io.stdout.write(show(configuration));
    return 0;
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }
}
