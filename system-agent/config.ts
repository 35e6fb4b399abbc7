import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { formatGroup, type KeyFileEntry, parseKeyFile } from '#shared/config/key-file.ts';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { LOG_LEVELS, type LogLevel } from '#shared/log/log.ts';
import { type ChannelSpec, formatChannelSpec, parseChannelSpec } from './channels/spec.ts';
import { formatUinputSpec, parseUinputSpec, type UinputSpec } from './pointer/spec.ts';

/** What is in force: defaults, then the configuration files, then the command line. */
export interface Config {
  /** The QEMU guest agent's channel. */
  readonly qga: ChannelSpec;
  /** oVirt's channel. */
  readonly ovirt: ChannelSpec;
  /** SPICE's channel. */
  readonly vdagent: ChannelSpec;
  /** Socket for the agents of login sessions. */
  readonly link: string;
  /** Users whose session agents are served where there is no logind to ask. */
  readonly allowUids: readonly number[];
  readonly uinput: UinputSpec;
  readonly stateDir: string;
  readonly logLevel: LogLevel;
}

export const DEFAULT_FILE = '/etc/uga/uga.conf';

export const DEFAULTS: Config = {
  qga: { kind: 'virtio', name: 'org.qemu.guest_agent.0' },
  ovirt: { kind: 'virtio', name: 'ovirt-guest-agent.0' },
  vdagent: { kind: 'virtio', name: 'com.redhat.spice.0' },
  link: '/run/uga/link.sock',
  allowUids: [],
  uinput: { kind: 'auto' },
  stateDir: '/var/lib/uga',
  logLevel: 'info',
};

interface Setting<K extends keyof Config> {
  readonly name: K;
  readonly group: string;
  readonly key: string;
  parse(text: string): Config[K];
  format(value: Config[K]): string;
}

const setting = <K extends keyof Config>(row: Setting<K>): Setting<K> => row;

const SETTINGS = [
  setting({ name: 'qga', group: 'channels', key: 'qga', parse: parseChannelSpec, format: formatChannelSpec }),
  setting({ name: 'ovirt', group: 'channels', key: 'ovirt', parse: parseChannelSpec, format: formatChannelSpec }),
  setting({ name: 'vdagent', group: 'channels', key: 'vdagent', parse: parseChannelSpec, format: formatChannelSpec }),
  setting({ name: 'link', group: 'link', key: 'path', parse: parseAbsolutePath, format: String }),
  setting({ name: 'allowUids', group: 'link', key: 'allow-uid', parse: parseUids, format: (uids) => uids.join(';') }),
  setting({ name: 'uinput', group: 'pointer', key: 'uinput', parse: parseUinputSpec, format: formatUinputSpec }),
  setting({ name: 'stateDir', group: 'state', key: 'directory', parse: parseAbsolutePath, format: String }),
  setting({ name: 'logLevel', group: 'log', key: 'level', parse: parseLogLevel, format: String }),
] as const;

/**
 * Reads the file and the `*.conf` files of the folder FILE.d, in the order of their names. The default file may be
 * missing; one that was asked for may not.
 *
 * @throws {AgentError} 'invalid-argument' naming file, line and key
 */
export function readConfig(file: string | undefined): Partial<Config> {
  const main = file ?? DEFAULT_FILE;
  const text = readIfThere(main);
  if (text === undefined && file !== undefined) throw new AgentError('invalid-argument', `${main}: no such file`);
  const values: Record<string, unknown> = {};
  for (const [name, content] of [[main, text ?? ''] as const, ...dropIns(`${main}.d`)]) {
    for (const entry of parseKeyFile(content, name)) apply(entry, name, values);
  }
  return values;
}

/** The configuration as a file that gives the same again. */
export function formatConfig(config: Config): string {
  const groups = [...new Set(SETTINGS.map(({ group }) => group))];
  const rowsOf = (group: string) => SETTINGS.filter((row) => row.group === group);
  return groups
    .map((group) =>
      formatGroup(
        group,
        rowsOf(group).map((row) => lineOf(row, config)),
      ),
    )
    .join('\n');
}

function lineOf<K extends keyof Config>(row: Setting<K>, config: Config): readonly [key: string, value: string] {
  return [row.key, row.format(config[row.name])];
}

function apply(entry: KeyFileEntry, file: string, values: Record<string, unknown>): void {
  const where = `${file}:${entry.line}: [${entry.group}] ${entry.key}`;
  const row = SETTINGS.find(({ group, key }) => group === entry.group && key === entry.key);
  if (row === undefined) throw new AgentError('invalid-argument', `${where}: unknown key`);
  try {
    values[row.name] = row.parse(entry.value);
  } catch (error) {
    throw new AgentError('invalid-argument', `${where}: ${messageOf(error)}`, { cause: error });
  }
}

function dropIns(folder: string): (readonly [name: string, text: string])[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => path.join(folder, name))
    .map((name) => [name, readIfThere(name) ?? '']);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw new AgentError('invalid-argument', messageOf(error), { cause: error });
  }
}

const MAX_UIDS = 64;
const LARGEST_UID = 2 ** 32 - 2;

/** User ids separated by semicolons or commas; names are not looked up. */
function parseUids(text: string): readonly number[] {
  const words = text.split(/[;,]/).map((word) => word.trim());
  const uids = words.filter((word) => word !== '').map(Number);
  if (uids.length > MAX_UIDS) throw new AgentError('invalid-argument', `more than ${MAX_UIDS} users`);
  if (uids.some((uid) => !Number.isInteger(uid) || uid < 0 || uid > LARGEST_UID)) {
    throw new AgentError('invalid-argument', `'${text}' is no list of user ids`);
  }
  return uids;
}

export function parseAbsolutePath(text: string): string {
  if (!path.isAbsolute(text) || text.includes('\0')) {
    throw new AgentError('invalid-argument', `'${text}' is not an absolute path`);
  }
  return path.normalize(text);
}

export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level === undefined) {
    throw new AgentError('invalid-argument', `'${text}' is no log level; expected ${LOG_LEVELS.join(', ')}`);
  }
  return level;
}
