import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Io } from '#shared/cli/io.ts';
import { type CommandLine, parseCommandLine, type Values } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import { DEFAULT_FILE, DEFAULTS } from '../config/config.ts';
import { parseAbsolutePath } from '../config/values.ts';
import { checks } from './checks/index.ts';
import { gatherFacts } from './gather.ts';
import { examine, portsHelp, renderFindings } from './render.ts';

export const COMMAND_LINE = {
  name: 'uga doctor',
  summary: 'Looks at the agent and its machine, and says what is wrong and what to do. Changes nothing.',
  options: [
    { name: 'json', help: 'Print one JSON object.' },
    { name: 'control', value: 'PATH', help: `Socket of the agent (default as configured, ${DEFAULTS.control}).` },
    { name: 'config', value: 'FILE', help: `Configuration file (default ${DEFAULT_FILE}).` },
  ],
  positionals: [],
  sections: [
    {
      title: 'Lines',
      text: `ok    all well
note  works, and is worth knowing
FAIL  to be mended
?     cannot be seen by this user`,
    },
    { title: 'Exit codes', text: '0 nothing to mend, 1 something to mend, 2 wrong options' },
  ],
} as const satisfies CommandLine;

export async function run(argv: readonly string[], io: Io): Promise<number> {
  let options: Values<typeof COMMAND_LINE>;
  try {
    const parsed = parseCommandLine(COMMAND_LINE, argv);
    if (parsed.help) {
      io.stdout.write(helpText(COMMAND_LINE));
      return 0;
    }
    options = parsed.options;
    if (options.control !== undefined) parseAbsolutePath(options.control);
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }
  io.stdout.on('error', () => {}); // a reader that left, as `| head` does
  const facts = await gatherFacts(options);
  const examined = examine(checks, facts);
  const mend = examined.some(({ finding }) => finding.level === 'fail');
  const help = portsHelp(facts);
  if (options.json) {
    const findings = examined.map(({ check, finding }) => ({ check, ...finding }));
    io.stdout.write(`${formatJson({ well: !mend, findings, addPorts: help })}\n`);
  } else {
    io.stdout.write(`${renderFindings(examined).join('\n')}\n`);
    if (help !== undefined) io.stdout.write(`\n${help}\n`);
  }
  return mend ? 1 : 0;
}
