import { openSync, readFileSync } from 'node:fs';
import type { Io } from '#shared/cli/io.ts';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { runUntilSignal } from '#shared/lifecycle/process.ts';
import { createLog } from '#shared/log/stderr.ts';
import { qgaDoor } from '../agent.ts';
import { openChannel } from '../channels/open.ts';
import type { OpenSpec } from '../channels/spec.ts';
import { linuxPlatform, parseEffects } from '../platform/linux.ts';
import { commands } from '../qga/commands/index.ts';
import { listGate } from '../qga/gate.ts';
import { QEMU_VERSION } from '../qga/version.ts';
import {
  applyConfigFile,
  DEFAULT_PATHS,
  defaultConfig,
  formatQemuGaConfig,
  listedNames,
  type QemuGaConfig,
} from './config.ts';
import { HELP } from './help.ts';
import { readOptions } from './options.ts';

const CONFIG_FILE = '/etc/qemu/qemu-ga.conf';

/** @returns qemu-ga's exit codes: 0, or 1 for everything that keeps it from serving */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const line = readOptions(argv);
  if (line.error !== undefined) {
    io.stderr.write(`qemu-ga: ${line.error}\nUnknown option, try 'qemu-ga --help' for more information.\n`);
    return 1;
  }
  if (line.wish === 'help') return print(io, HELP);
  if (line.wish === 'version') return print(io, `QEMU Guest Agent ${QEMU_VERSION} (uga ${UGA_VERSION})\n`);
  if (line.wish === 'list-commands') return print(io, `${commands.map(({ name }) => name).join('\n')}\n`);
  try {
    const config = defaultConfig();
    readConfigFile(config, line.configFile, io);
    line.apply(config);
    if (line.wish === 'dump') return print(io, formatQemuGaConfig(config));
    return await serve(config);
  } catch (error) {
    if (!(error instanceof AgentError) && errnoOf(error) === undefined) throw error;
    io.stderr.write(`qemu-ga: ${messageOf(error)}\n`);
    return 1;
  }
}

function serve(config: QemuGaConfig): Promise<number> {
  if (config.daemon) throw new AgentError('unsupported', '--daemonize is not available in this build');
  if (config.fsfreezeHook !== undefined) {
    throw new AgentError('unsupported', '--fsfreeze-hook is not available in this build');
  }
  const log = createLog({
    level: config.verbose ? 'debug' : 'info',
    fd: config.logfile === undefined ? 2 : openSync(config.logfile, 'a'),
    journal: config.logfile === undefined && process.env.JOURNAL_STREAM !== undefined,
  });
  const lists = {
    block: listedNames(config.blockRpcs),
    ...(config.allowRpcs.length === 0 ? {} : { allow: listedNames(config.allowRpcs) }),
  };
  const channel = openChannel(channelOf(config), log);
  const platform = linuxPlatform({
    effects: parseEffects(process.env.UGA_EFFECTS),
    environment: process.env,
    umask: process.umask(),
    stateFolder: config.statedir,
    log,
  });
  return runUntilSignal(qgaDoor({ channel, platform, gate: listGate(lists), log }), log);
}

function channelOf({ method, path = DEFAULT_PATHS[method] }: QemuGaConfig): OpenSpec {
  switch (method) {
    case 'virtio-serial':
    case 'isa-serial':
    case 'unix-listen':
      break;
    case 'vsock-listen':
      throw new AgentError('unsupported', 'method vsock-listen is not available in this build');
    default:
      throw new AgentError('invalid-argument', `unsupported channel method/type: ${method}`);
  }
  if (path === undefined) throw new AgentError('invalid-argument', 'must specify a path for this channel');
  if (method === 'virtio-serial') return { kind: 'virtio-device', path };
  return { kind: method === 'isa-serial' ? 'serial' : 'unix-listen', path };
}

function readConfigFile(config: QemuGaConfig, asked: string | undefined, io: Io): void {
  const file = asked ?? process.env.QGA_CONF ?? CONFIG_FILE;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (asked === undefined && errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  applyConfigFile(config, text, file, (message) => io.stderr.write(`qemu-ga: ${message}\n`));
}

function print(io: Io, text: string): number {
  io.stdout.write(text);
  return 0;
}
