import { runFace } from '#shared/cli/face.ts';
import type { Io } from '#shared/cli/io.ts';
import type { CommandLine } from '#shared/cli/options.ts';
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

export function run(argv: readonly string[], io: Io): Promise<number> {
  return runFace(COMMAND_LINE, argv, io, ({ config, json }, [action, key]) => {
    if (action !== 'check' && action !== 'show') {
      throw new AgentError('invalid-argument', `'${action}' is neither check nor show`);
    }
    if (action === 'check' && key !== undefined) {
      throw new AgentError('invalid-argument', `unexpected argument '${key}'`);
    }
    const configuration = readConfiguration({ file: config });
    if (action === 'check') return check(configuration, new Set(commands.map(({ name }) => name)), json, io);
    const values = valuesOf(configuration);
    if (key !== undefined) io.stdout.write(showKey(values, key, json));
    else if (json) io.stdout.write(`${formatJson(asJson(configuration))}\n`);
    else io.stdout.write(show(configuration));
    return 0;
  });
}
