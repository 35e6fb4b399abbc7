import { FOLLOW } from '#protocol/ipc/messages/monitors.ts';
import { CHANNEL_SYNTAX, formatChannelSpec, parseChannelSpec } from '../channels/spec.ts';
import { MOST_MEBIBYTES } from '../clipboard/rules.ts';
import { formatUinputSpec, parseUinputSpec, UINPUT_SYNTAX } from '../pointer/spec.ts';
import { WHEN_DONE } from '../received-files/rules.ts';
import { ON_DISCONNECT } from '../session-control/departure.ts';
import { type Config, DEFAULTS } from './config.ts';
import {
  parseAbsolutePath,
  parseAllowList,
  parseCommands,
  parseDirection,
  parseFilesFolder,
  parseFollow,
  parseKinds,
  parseLease,
  parseLogLevel,
  parseNames,
  parseNics,
  parseNumber,
  parseOnDisconnect,
  parseOnFailure,
  parseOtherUser,
  parseProgram,
  parseSeconds,
  parseSso,
  parseUids,
  parseWhenDone,
  parseYesNo,
} from './values.ts';

/** What is written down for one key. */
interface Row<K extends keyof Config> {
  readonly name: K;
  readonly group: string;
  readonly key: string;
  /** What may stand there. */
  readonly syntax: string;
  /** Whole sentences for an administrator. */
  readonly help: string;
  parse(text: string): Config[K];
  format(value: Config[K]): string;
  /** How the value of a second place joins that of the first; without it the second takes its place. */
  readonly join?: (first: Config[K], second: Config[K]) => Config[K];
}

/** One key of uga.conf. The sample file and docs/configuration.md are made from these rows. */
export interface Setting extends Pick<Row<keyof Config>, 'name' | 'group' | 'key' | 'syntax' | 'help'> {
  /** Values of several places join instead of replacing each other. */
  readonly joins: boolean;
  /** @throws {AgentError} 'invalid-argument' with a sentence that names the text */
  apply(values: Partial<Config>, text: string): Partial<Config>;
  /** The value as it is written in the file. */
  format(config: Config): string;
}

function setting<K extends keyof Config>({ parse, format, join, ...row }: Row<K>): Setting {
  return {
    ...row,
    joins: join !== undefined,
    apply(values, text) {
      const before: Config[K] | undefined = values[row.name];
      const value = parse(text);
      return { ...values, [row.name]: before === undefined || join === undefined ? value : join(before, value) };
    },
    format: (config) => format(config[row.name]),
  };
}

const channel = (name: 'qga' | 'ovirt' | 'vdagent', help: string): Setting =>
  setting({
    name,
    group: 'channels',
    key: name,
    syntax: CHANNEL_SYNTAX,
    help,
    parse: parseChannelSpec,
    format: formatChannelSpec,
  });

const seconds = (
  name: 'heartbeatSeconds' | 'usersSeconds' | 'cpusSeconds' | 'applicationsSeconds' | 'disksSeconds',
  key: string,
  help: string,
): Setting =>
  setting({ name, group: 'ovirt', key, syntax: 'seconds, 1 to 3600', help, parse: parseSeconds, format: String });

const mebibytes = (name: 'clipboardMebibytes' | 'clipboardTextMebibytes', key: string, help: string): Setting =>
  setting({
    name,
    group: 'clipboard',
    key,
    syntax: `MiB, 1 to ${MOST_MEBIBYTES}`,
    help,
    parse: (text) => parseNumber(text, 1, MOST_MEBIBYTES),
    format: String,
  });

/** Every key, in the order of the sample file. */
export const SETTINGS: readonly Setting[] = [
  channel('qga', 'Where the host speaks the protocol of the QEMU guest agent.'),
  channel('ovirt', 'Where oVirt hosts speak. The port name of older hosts, com.redhat.rhevm.vdsm, is looked for too.'),
  channel('vdagent', 'Where SPICE hosts speak.'),
  setting({
    name: 'blockRpcs',
    group: 'qga',
    key: 'block-rpcs',
    syntax: 'commands, separated by commas or semicolons',
    help: 'Commands of the QEMU guest agent that hosts may not run. Lists of several places add up.',
    parse: parseCommands,
    format: (names) => names.join(','),
    join: (first, second) => [...new Set([...first, ...second])],
  }),
  setting({
    name: 'allowRpcs',
    group: 'qga',
    key: 'allow-rpcs',
    syntax: 'commands, separated by commas or semicolons, or * for all',
    help: 'The only commands that hosts may run. With lists in several places a command must stand in each of them.',
    parse: parseAllowList,
    format: (names) => (names === '*' ? '*' : names.join(',')),
    join: (first, second) => {
      if (first === '*' || second === '*') return first === '*' ? second : first;
      return first.filter((name) => second.includes(name));
    },
  }),
  setting({
    name: 'policyFile',
    group: 'policy',
    key: 'file',
    syntax: 'absolute path',
    help: 'What hosts may do, at every door: see docs/policy.md. Without such a file they may do what qemu-ga lets them.',
    parse: parseAbsolutePath,
    format: String,
  }),
  seconds('heartbeatSeconds', 'heart_beat_rate', 'How often oVirt hears that the guest lives, and of its memory.'),
  seconds('usersSeconds', 'report_user_rate', 'How often at least oVirt is told who is logged in.'),
  seconds('cpusSeconds', 'report_num_cpu_rate', 'How often at least oVirt is told the number of CPUs.'),
  seconds(
    'applicationsSeconds',
    'report_application_rate',
    'How often at least oVirt is told names, system, network interfaces, packages and containers.',
  ),
  seconds('disksSeconds', 'report_disk_usage', 'How often at least oVirt is told how full the file systems are.'),
  setting({
    name: 'applicationsList',
    group: 'ovirt',
    key: 'applications_list',
    syntax: 'names, separated by blanks, commas or semicolons',
    help: 'Packages that oVirt is told of where they are installed.',
    parse: (text) => parseNames(text, 'package'),
    format: (names) => names.join(' '),
  }),
  setting({
    name: 'ignoredFileSystems',
    group: 'ovirt',
    key: 'ignored_fs',
    syntax: 'types, separated by blanks, commas or semicolons',
    help: 'Types of file systems that oVirt is not told of.',
    parse: (text) => parseNames(text, 'type of file system'),
    format: (types) => types.join(' '),
  }),
  setting({
    name: 'ignoreEmptyFileSystems',
    group: 'ovirt',
    key: 'ignore_zero_size_fs',
    syntax: 'yes | no',
    help: 'Leave out file systems that have no size at all.',
    parse: (text) => parseYesNo(text.toLowerCase()),
    format: (yes) => (yes ? 'yes' : 'no'),
  }),
  setting({
    name: 'ignoredNics',
    group: 'ovirt',
    key: 'ignored_nics',
    syntax: 'names, separated by blanks, commas or semicolons',
    help: 'Network interfaces that oVirt is not told of.',
    parse: parseNics,
    format: (names) => names.join(' '),
  }),
  setting({
    name: 'lifecycleDirectory',
    group: 'ovirt',
    key: 'hooks-directory',
    syntax: 'absolute path | off',
    help: 'Folder with a folder of programs for each event of migration and hibernation, see docs/hosts/ovirt.md.',
    parse: (text) => (text === 'off' ? text : parseAbsolutePath(text)),
    format: String,
  }),
  setting({
    name: 'freezeLease',
    group: 'freeze',
    key: 'lease',
    syntax: 'seconds, 1 to 86400',
    help: 'How long file systems stay frozen when no host thaws them. Hosts can renew it with uga-freeze-renew.',
    parse: parseLease,
    format: String,
  }),
  setting({
    name: 'freezeHook',
    group: 'freeze',
    key: 'hook',
    syntax: 'auto | off | absolute path',
    help: "The script that qemu-ga would run before and after a freeze. auto: the one that qemu-ga's own files switch on.",
    parse: (text) => (text === 'auto' || text === 'off' ? text : parseAbsolutePath(text)),
    format: String,
  }),
  setting({
    name: 'hookSeconds',
    group: 'freeze',
    key: 'hook-timeout',
    syntax: 'seconds, 1 to 3600',
    help: 'How long one hook may take before it is killed and the freeze fails.',
    parse: parseSeconds,
    format: String,
  }),
  setting({
    name: 'hooksDirectory',
    group: 'freeze',
    key: 'hooks-directory',
    syntax: 'absolute path | off',
    help: 'Folder of programs to run before and after a freeze, see docs/freeze.md.',
    parse: (text) => (text === 'off' ? text : parseAbsolutePath(text)),
    format: String,
  }),
  setting({
    name: 'link',
    group: 'link',
    key: 'path',
    syntax: 'absolute path',
    help: 'Socket for the agents of login sessions.',
    parse: parseAbsolutePath,
    format: String,
  }),
  setting({
    name: 'allowUids',
    group: 'link',
    key: 'allow-uid',
    syntax: 'user ids, separated by semicolons or commas',
    help: 'Users whose session agents are served where there is no logind that knows sessions.',
    parse: parseUids,
    format: (uids) => uids.join(';'),
  }),
  setting({
    name: 'locker',
    group: 'session',
    key: 'locker',
    syntax: 'absolute path of a program and its arguments, separated by blanks | empty',
    help:
      'Locks the screen of a desktop that has no screen saver of its own, for as long as it runs, as i3lock --nofork does. ' +
      "It is started with its user's rights. See docs/sessions.md.",
    parse: parseProgram,
    format: (words) => words.join(' '),
  }),
  setting({
    name: 'logOffGrace',
    group: 'session',
    key: 'logoff-grace',
    syntax: 'seconds, 0 to 600',
    help: 'How long a desktop that was asked to log off may take before its session is ended. 0: nobody is asked.',
    parse: (text) => parseNumber(text, 0, 600),
    format: String,
  }),
  setting({
    name: 'notices',
    group: 'session',
    key: 'notices',
    syntax: 'yes | no',
    help:
      'Tell the user at the screen that hosts ran commands, read or wrote files, or touched accounts: at most one notice a ' +
      'minute, without names. Needs the audit log.',
    parse: parseYesNo,
    format: (yes) => (yes ? 'yes' : 'no'),
  }),
  setting({
    name: 'onDisconnect',
    group: 'spice',
    key: 'on-disconnect',
    syntax: ON_DISCONNECT.join(' | '),
    help:
      'When the SPICE client leaves: lock the screens of all users at once, or end the session at the machine if no ' +
      'client comes within ten seconds.',
    parse: parseOnDisconnect,
    format: String,
  }),
  setting({
    name: 'uinput',
    group: 'pointer',
    key: 'uinput',
    syntax: UINPUT_SYNTAX,
    help: 'Where the SPICE pointer goes: a device of its own, else through X11 sessions; nowhere; or as event records to an existing file.',
    parse: parseUinputSpec,
    format: formatUinputSpec,
  }),
  setting({
    name: 'clipboardDirection',
    group: 'clipboard',
    key: 'direction',
    syntax: 'both | to-guest | to-host | off',
    help: "Which way what was copied may go between a SPICE client and the guest's applications. The policy may forbid more.",
    parse: parseDirection,
    format: String,
  }),
  setting({
    name: 'clipboardKinds',
    group: 'clipboard',
    key: 'kinds',
    syntax: 'text, images',
    help: 'What of it may. Images are PNG, BMP, TIFF and JPEG.',
    parse: parseKinds,
    format: (kinds) => kinds.join(', '),
  }),
  mebibytes(
    'clipboardMebibytes',
    'max-size',
    'How long one content may be; what is longer is not there for who pastes.',
  ),
  mebibytes('clipboardTextMebibytes', 'max-text-size', 'The same for text, where that is to be less.'),
  setting({
    name: 'follow',
    group: 'monitors',
    key: 'follow',
    syntax: FOLLOW.join(' | '),
    help:
      'Give the desktop the size that the host has given a QXL or virtio-gpu display. auto: three seconds after the change, and not ' +
      'on GNOME, Cinnamon and KDE Plasma on X11, which do it themselves. off leaves it to the desktop. See docs/monitors.md.',
    parse: parseFollow,
    format: String,
  }),
  setting({
    name: 'effects',
    group: 'effects',
    key: 'reduce',
    syntax: 'yes | no',
    help:
      'Let a SPICE client on a slow line switch wallpaper, font smoothing and animations off while it is there: on GNOME, KDE, ' +
      'Xfce and MATE. What it changes is restored, after a crash too. See docs/effects.md.',
    parse: parseYesNo,
    format: (yes) => (yes ? 'yes' : 'no'),
  }),
  setting({
    name: 'filesFolder',
    group: 'files',
    key: 'folder',
    syntax: 'download | desktop | absolute path | ~/path | off',
    help:
      "Where files of SPICE clients go, written with the user's rights and made if it is missing: see docs/files.md. off: clients " +
      'are not offered to send any.',
    parse: parseFilesFolder,
    format: String,
  }),
  setting({
    name: 'filesWhenDone',
    group: 'files',
    key: 'when-done',
    syntax: WHEN_DONE.join(' | '),
    help: 'When the last of several files is there: tell the user, open the folder, or neither.',
    parse: parseWhenDone,
    format: String,
  }),
  setting({
    name: 'control',
    group: 'control',
    key: 'path',
    syntax: 'absolute path',
    help: 'Socket for uga status and uga doctor.',
    parse: parseAbsolutePath,
    format: String,
  }),
  setting({
    name: 'stateDir',
    group: 'state',
    key: 'directory',
    syntax: 'absolute path',
    help: 'Folder for what must outlive a restart.',
    parse: parseAbsolutePath,
    format: String,
  }),
  setting({
    name: 'auditDirectory',
    group: 'audit',
    key: 'directory',
    syntax: 'absolute path | off',
    help: 'Folder of the log of what hosts do, see docs/audit.md.',
    parse: (text) => (text === 'off' ? text : parseAbsolutePath(text)),
    format: String,
  }),
  setting({
    name: 'auditOnFailure',
    group: 'audit',
    key: 'on-failure',
    syntax: 'continue | deny',
    help: 'What becomes of requests that cannot be recorded, for example because the disk is full. A thaw is never denied.',
    parse: parseOnFailure,
    format: String,
  }),
  setting({
    name: 'auditMebibytes',
    group: 'audit',
    key: 'file-size',
    syntax: 'MiB, 1 to 1024',
    help: 'How long one file of the log becomes before the next is begun.',
    parse: (text) => parseNumber(text, 1, 1024),
    format: String,
  }),
  setting({
    name: 'auditFiles',
    group: 'audit',
    key: 'files',
    syntax: 'number, 2 to 1000',
    help: 'How many files of the log are kept.',
    parse: (text) => parseNumber(text, 2, 1000),
    format: String,
  }),
  setting({
    name: 'sso',
    group: 'sso',
    key: 'enabled',
    syntax: 'auto | on | off',
    help:
      'Whether hosts may log users in to their desktops, see docs/sso.md. auto: with the profiles full and desktop, while there ' +
      'is an oVirt port.',
    parse: parseSso,
    format: String,
  }),
  setting({
    name: 'ssoOtherUser',
    group: 'sso',
    key: 'other-user',
    syntax: 'refuse | wait',
    help:
      "What becomes of a login while another user's session is in the foreground, which is never ended for it. wait: for up to " +
      'two minutes, until that user lets the greeter come.',
    parse: parseOtherUser,
    format: String,
  }),
  setting({
    name: 'logLevel',
    group: 'log',
    key: 'level',
    syntax: 'error | warn | info | debug',
    help: 'What is logged.',
    parse: parseLogLevel,
    format: String,
  }),
  setting({
    name: 'honourOriginals',
    group: 'originals',
    key: 'honour',
    syntax: 'yes | no',
    help:
      'Read the configuration of qemu-ga, ovirt-guest-agent and spice-vdagentd, and keep what they forbid forbidden. ' +
      'See docs/migration.md before saying no.',
    parse: parseYesNo,
    format: (yes) => (yes ? 'yes' : 'no'),
  }),
];

/** The row of `[group] key`, or undefined. */
export function settingOf(group: string, key: string): Setting | undefined {
  return SETTINGS.find((row) => row.group === group && row.key === key);
}

export const defaultOf = (row: Setting): string => row.format(DEFAULTS);

/** Groups in the order of the table. */
export const GROUPS: readonly string[] = [...new Set(SETTINGS.map(({ group }) => group))];
