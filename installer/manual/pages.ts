import { COMMAND_LINE as hostOvirt } from '#host/cli/ovirt/main.ts';
import { COMMAND_LINE as hostQga } from '#host/cli/qga.ts';
import { COMMAND_LINE as hostQmp } from '#host/cli/qmp.ts';
import { COMMAND_LINE as hostVdagent } from '#host/cli/vdagent/main.ts';
import { COMMAND_LINE as demo } from '#host/demo/main.ts';
import { COMMAND_LINE as host } from '#host/main.ts';
import { COMMAND_LINE as sessionAgent } from '#session-agent/main.ts';
import { COMMAND_LINE as audit } from '#system-agent/audit-face/main.ts';
import { defaultOf, SETTINGS } from '#system-agent/config/settings.ts';
import { COMMAND_LINE as config } from '#system-agent/config-face/main.ts';
import { COMMAND_LINE as doctor } from '#system-agent/doctor/main.ts';
import { COMMAND_LINE as systemAgent } from '#system-agent/main.ts';
import { COMMAND_LINE as policy } from '#system-agent/policy-face/main.ts';
import { HELP as QEMU_GA_HELP } from '#system-agent/qemu-ga/help.ts';
import { COMMAND_LINE as status } from '#system-agent/status/main.ts';
import { FACES } from '../../faces.ts';
import { entriesOfHelp } from './help-entries.ts';
import type { Page } from './page.ts';

const CONFIGURATION = [
  { term: '/etc/uga/uga.conf', text: 'Configuration; see uga.conf(5).' },
  { term: '/etc/uga/uga.conf.d/*.conf', text: 'Read after it, in the order of their names.' },
];

/** Every page of the manual. A face without a page fails a test. */
export const PAGES: readonly Page[] = [
  {
    name: 'uga',
    section: 1,
    brief: 'the unified guest agent of a virtual machine',
    description: [
      'uga is one program with several faces; the first word chooses one, or the name it is called under.',
      'In a virtual machine it is the one agent that QEMU, libvirt, Proxmox, KubeVirt, oVirt and SPICE hosts talk to, in place of qemu-ga, ovirt-guest-agent, spice-vdagentd and spice-vdagent. On a host it talks to such agents.',
    ],
    body: [
      {
        title: 'Faces',
        entries: FACES.flatMap(({ name, summary }) =>
          summary === undefined ? [] : [{ term: `uga ${name}`, text: summary }],
        ),
      },
      {
        title: 'Options',
        entries: [
          { term: '-h, --help', text: 'Show the faces and exit.' },
          { term: '-V, --version', text: 'Show version and commit and exit.' },
        ],
      },
      {
        title: 'Exit codes',
        entries: [
          { term: '0', text: 'done, or stopped by a signal' },
          { term: '2', text: 'the command line or the configuration cannot be understood' },
        ],
      },
    ],
    seeAlso: ['uga-system-agent(8)', 'uga-session-agent(1)', 'uga-host(1)', 'uga-demo(1)', 'qemu-ga(8)'],
  },
  {
    name: 'qemu-ga',
    section: 8,
    brief: "the unified guest agent under the QEMU guest agent's own options",
    description: [
      "Under this name the unified guest agent serves the QEMU guest agent protocol alone, with the options, configuration file and exit codes of QEMU's own qemu-ga, so that scripts and unit files that start it need no change.",
    ],
    body: [{ title: 'Options', entries: entriesOfHelp(QEMU_GA_HELP) }],
    files: [
      {
        term: '/etc/qemu/qemu-ga.conf',
        text: 'Configuration, group [general]; the keys are those that --dump-conf prints.',
      },
    ],
    seeAlso: ['uga-system-agent(8)', 'uga(1)'],
  },
  {
    name: 'uga-system-agent',
    section: 8,
    brief: 'the privileged daemon of the unified guest agent',
    commandLine: systemAgent,
    description: [
      'It serves the QEMU guest agent protocol, the oVirt guest agent protocol and the SPICE agent protocol over the virtio-serial ports org.qemu.guest_agent.0, ovirt-guest-agent.0 and com.redhat.spice.0. A door whose port is not there waits for it without cost.',
      'It is normally started by systemd when one of the ports appears.',
    ],
    files: [
      ...CONFIGURATION,
      { term: '/run/uga/link.sock', text: 'Socket for the agents of login sessions.' },
      { term: '/var/lib/uga', text: 'What must outlive a restart.' },
      { term: '/dev/virtio-ports', text: 'The ports, by the names that the host gave them.' },
    ],
    seeAlso: ['uga.conf(5)', 'uga-config(8)', 'uga-session-agent(1)', 'qemu-ga(8)', 'uga(1)'],
  },
  {
    name: 'uga-config',
    section: 8,
    brief: 'what is wrong with the configuration of the unified guest agent, or what is in force',
    commandLine: config,
    files: CONFIGURATION,
    seeAlso: ['uga.conf(5)', 'uga-system-agent(8)'],
  },
  {
    name: 'uga-policy',
    section: 8,
    brief: 'what hosts may do in this guest',
    commandLine: policy,
    description: [
      'The policy decides, for each door and command, what a host may do. It is one file; without it hosts may do what qemu-ga lets them. What the lists of uga.conf and of qemu-ga forbid stays forbidden whatever the policy says.',
      'A file that is not understood lets hosts look and do nothing. SIGHUP reads it again; then a mistake leaves the former policy in force.',
    ],
    files: [
      { term: '/etc/uga/policy.conf', text: 'The policy.' },
      {
        term: '/etc/systemd/system/uga-system-agent.service.d/50-uga-policy.conf',
        text: "What apply confines the agent's unit by.",
      },
    ],
    seeAlso: ['uga-config(8)', 'uga-system-agent(8)', 'uga.conf(5)'],
  },
  {
    name: 'uga-status',
    section: 1,
    brief: 'what the running agent does',
    commandLine: status,
    files: [{ term: '/run/uga/control.sock', text: 'Socket of the agent.' }],
    seeAlso: ['uga-doctor(1)', 'uga-system-agent(8)'],
  },
  {
    name: 'uga-doctor',
    section: 1,
    brief: 'what is wrong with the agent or its machine, and what to do',
    commandLine: doctor,
    files: [{ term: '/run/uga/control.sock', text: 'Socket of the agent.' }, ...CONFIGURATION],
    seeAlso: ['uga-status(1)', 'uga-config(8)', 'uga-system-agent(8)'],
  },
  {
    name: 'uga-audit',
    section: 8,
    brief: 'the log of what hosts did in this guest',
    commandLine: audit,
    description: [
      'The agent writes down what hosts do before it is done: what changes the guest, who opens which file, what was denied and by which rule. Polls are counted. Contents and secrets are never in it.',
      'Each record has a hash over the one before, so that an edited, removed or moved line is found. A host that keeps what the command uga-audit-head answers can also find that the end is missing.',
    ],
    files: [
      {
        term: '/var/log/uga/audit.log',
        text: 'The log; earlier files have the number of their first record behind the name.',
      },
    ],
    seeAlso: ['uga.conf(5)', 'uga-doctor(1)', 'uga-system-agent(8)'],
  },
  {
    name: 'uga.conf',
    section: 5,
    brief: 'configuration of the unified guest agent',
    description: [
      'Groups in brackets, keys and values; a line that begins with # is a comment. Files of uga.conf.d are read after uga.conf and replace its values; lists of commands add up instead. When the agent runs as root, a file that others may write is refused.',
      'The configuration of qemu-ga, ovirt-guest-agent and spice-vdagentd is read too, unless honour says no: what it sets counts where these files say nothing, and what it forbids stays forbidden.',
    ],
    body: [...new Set(SETTINGS.map(({ group }) => group))].map((group) => ({
      title: `[${group}]`,
      entries: SETTINGS.filter((row) => row.group === group).map((row) => ({
        term: `${row.key}=${defaultOf(row)}`,
        text: `${row.help} (${row.syntax})`,
      })),
    })),
    files: CONFIGURATION,
    seeAlso: ['uga-config(8)', 'uga-system-agent(8)'],
  },
  {
    name: 'uga-session-agent',
    section: 1,
    brief: 'the agent of one login session',
    commandLine: sessionAgent,
    description: [
      'It is started with the session and ends with it. The system agent serves the active session of the seat only; a locked session gets no clipboard.',
    ],
    files: [{ term: '/run/uga/link.sock', text: 'Socket of the system agent.' }],
    seeAlso: ['uga-system-agent(8)', 'uga(1)'],
  },
  {
    name: 'uga-host',
    section: 1,
    brief: 'talk to the guest agent of a virtual machine from its host',
    commandLine: host,
    seeAlso: ['uga-host-qga(1)', 'uga-host-ovirt(1)', 'uga-host-vdagent(1)', 'uga-host-qmp(1)'],
  },
  {
    name: 'uga-host-qga',
    section: 1,
    brief: 'send commands to the QEMU guest agent door of a guest',
    commandLine: hostQga,
    seeAlso: ['uga-host(1)', 'uga-host-qmp(1)', 'qemu-ga(8)', 'virsh(1)'],
  },
  {
    name: 'uga-host-qmp',
    section: 1,
    brief: 'serve QMP in front of the QEMU guest agent door of a guest',
    commandLine: hostQmp,
    seeAlso: ['uga-host(1)', 'uga-host-qga(1)', 'qemu-ga(8)'],
  },
  {
    name: 'uga-host-ovirt',
    section: 1,
    brief: 'watch and steer a guest through its oVirt door',
    commandLine: hostOvirt,
    seeAlso: ['uga-host(1)'],
  },
  {
    name: 'uga-host-vdagent',
    section: 1,
    brief: 'use the clipboard, monitors and pointer of a guest through its SPICE agent door',
    commandLine: hostVdagent,
    seeAlso: ['uga-host(1)', 'remote-viewer(1)'],
  },
  {
    name: 'uga-demo',
    section: 1,
    brief: 'try the unified guest agent on this machine without changing it',
    commandLine: demo,
    seeAlso: ['uga-host(1)', 'uga(1)'],
  },
];
