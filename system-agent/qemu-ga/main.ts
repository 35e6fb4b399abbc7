import { openSync, readFileSync } from 'node:fs';
import type { Io } from '#shared/cli/io.ts';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { runUntilSignal } from '#shared/lifecycle/process.ts';
import { type Service, ServiceGroup } from '#shared/lifecycle/service.ts';
import type { LogLevel } from '#shared/log/log.ts';
import { createValvedLog } from '#shared/log/stderr.ts';
import { bothValves } from '#shared/log/valve.ts';
import { keepSecretsOutOfCores } from '#shared/native/core-dumps.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import { parseVsockAddress } from '#shared/socket/vsock-address.ts';
import { qgaAgent } from '../agent.ts';
import { auditOf } from '../audit/open.ts';
import { openChannel } from '../channels/open.ts';
import type { OpenSpec } from '../channels/spec.ts';
import { DEFAULTS } from '../config/config.ts';
import { linuxPlatform, parseEffects } from '../platform/linux.ts';
import { gatesOf } from '../policy/gates.ts';
import { PolicyInForce } from '../policy/in-force.ts';
import { POLICY_FILE } from '../policy/policy.ts';
import { readPolicy } from '../policy/read.ts';
import { commands } from '../qga/commands/index.ts';
import { allGates, listGate } from '../qga/gate.ts';
import { QEMU_VERSION } from '../qga/version.ts';
import { activatedChannel, isActivated } from './activation.ts';
import {
  applyConfigFile,
  DEFAULT_PATHS,
  defaultConfig,
  formatQemuGaConfig,
  listedNames,
  type QemuGaConfig,
} from './config.ts';
import { becomeDaemon, isDaemon, startDaemon } from './daemon.ts';
import { HELP } from './help.ts';
import { readOptions } from './options.ts';
import { retryNotice } from './retry-path.ts';

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

async function serve(config: QemuGaConfig): Promise<number> {
  const activated = isActivated(process.env, process.pid);
  if (activated && config.daemon)
    throw new AgentError('unsupported', 'a service manager starts no daemon on its socket');
  if (config.daemon && !isDaemon(process.env)) return startDaemon(process.argv.slice(1));
  const asDaemon = config.daemon ? becomeDaemon(process.env, config.pidfile) : (service: Service) => service;
  const { log, valve } = createValvedLog({
    level: logLevel(config),
    fd: config.logfile === undefined ? 2 : openLog(config.logfile),
    journal: config.logfile === undefined && process.env.JOURNAL_STREAM !== undefined,
  });
  const lists = {
    block: listedNames(config.blockRpcs),
    ...(config.allowRpcs.length === 0 ? {} : { allow: listedNames(config.allowRpcs) }),
  };
  const channel = activated ? activatedChannel(log) : openChannel(channelOf(config), log);
  const policy = new PolicyInForce(POLICY_FILE, readPolicy, log);
  const effects = parseEffects(process.env.UGA_EFFECTS);
  // Without root there is no place for it, and who may change nothing has nothing to record.
  const audit = effects === 'real' && process.geteuid?.() === 0 ? auditOf(DEFAULTS, log) : undefined;
  keepSecretsOutOfCores();
  const platform = linuxPlatform({
    effects,
    environment: process.env,
    umask: process.umask(),
    stateFolder: config.statedir,
    freeze: {
      lease: DEFAULTS.freezeLease,
      hooks: {
        script: config.fsfreezeHook === undefined ? undefined : { path: config.fsfreezeHook, required: true },
        directory: undefined,
      },
      hookSeconds: DEFAULTS.hookSeconds,
      valve: bothValves(valve, audit),
    },
    policy,
    log,
  });
  const gate = allGates([listGate(lists), gatesOf(policy).qga]);
  const agent = qgaAgent({ channel, platform, gate, audit, log });
  const services = config.retryPath && config.verbose ? [retryNotice(channel, log), agent] : [agent];
  const daemon = asDaemon(new ServiceGroup(agent.name, services));
  return runUntilSignal(daemon, log, new AbortController(), async () => platform.freeze?.thawed());
}

/** A daemon without a log file tells its start's problems only: nobody reads what comes after. */
function logLevel({ verbose, daemon, logfile }: QemuGaConfig): LogLevel {
  if (verbose) return 'debug';
  return daemon && logfile === undefined ? 'warn' : 'info';
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (cause) {
    throw new AgentError('failed', `unable to open specified log file: ${systemErrorText(cause)}`, { cause });
  }
}

const METHODS: ReadonlySet<string> = new Set(['virtio-serial', 'isa-serial', 'unix-listen', 'vsock-listen']);

function channelOf({ method, path = DEFAULT_PATHS[method] }: QemuGaConfig): OpenSpec {
  if (!METHODS.has(method)) {
    throw new AgentError('invalid-argument', `unsupported channel method/type: ${method}`);
  }
  if (path === undefined) throw new AgentError('invalid-argument', 'must specify a path for this channel');
  switch (method) {
    case 'virtio-serial':
      return { kind: 'virtio-device', path };
    case 'vsock-listen': {
      const address = parseVsockAddress(path);
      if (address === undefined) throw new AgentError('invalid-argument', `'${path}' is no CID:PORT`);
      return { kind: method, ...address };
    }
    default:
      return { kind: method === 'isa-serial' ? 'serial' : 'unix-listen', path };
  }
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
