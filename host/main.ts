import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Run } from '#shared/cli/io.ts';
import type { CommandLine } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';
import { runOvirt } from './cli/ovirt/main.ts';
import { runQga } from './cli/qga.ts';
import { runQmp } from './cli/qmp.ts';
import { runVdagent } from './cli/vdagent/main.ts';

export const COMMAND_LINE = {
  name: 'uga host',
  summary: 'Talks to the guest agent of a virtual machine from the host side.',
  options: [],
  positionals: [
    { name: 'DOOR', required: true, choices: ['qga', 'ovirt', 'vdagent', 'qmp'] },
    { name: 'ARGUMENT', rest: true },
  ],
  sections: [
    {
      title: 'Doors',
      text: `qga      the QEMU guest agent's protocol; see 'uga host qga --help'
ovirt    the oVirt guest agent's; see 'uga host ovirt --help'
vdagent  the SPICE agent's; see 'uga host vdagent --help'
qmp      serves QMP in front of qga; see 'uga host qmp --help'`,
    },
  ],
} as const satisfies CommandLine;

/** `uga host`: the first word chooses the door, the rest is the door's own command line. */
export const run: Run = async (argv, io) => {
  // A reader that left (`| head`) ends our output, not the program with a stack trace.
  io.stdout.on('error', () => {});
  const [door, ...rest] = argv;
  switch (door) {
    case 'qga':
      return runQga(rest, io);
    case 'ovirt':
      return runOvirt(rest, io);
    case 'vdagent':
      return runVdagent(rest, io);
    case 'qmp':
      return runQmp(rest, io);
    case '--help':
    case '-h':
      io.stdout.write(helpText(COMMAND_LINE));
      return 0;
    default: {
      const message = door === undefined ? 'DOOR is missing' : `unknown door '${door}'`;
      return reportUsage(COMMAND_LINE, new AgentError('invalid-argument', message), io);
    }
  }
};
