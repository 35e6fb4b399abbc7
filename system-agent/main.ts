import path from 'node:path';
import { helpText, reportUsage } from '#shared/cli/help.ts';
import type { Io } from '#shared/cli/io.ts';
import { type CommandLine, parseCommandLine, type Values } from '#shared/cli/options.ts';
import { systemBus } from '#shared/dbus/address.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { AgentError } from '#shared/errors.ts';
import { stopWithInput } from '#shared/lifecycle/input-end.ts';
import { runUntilSignal } from '#shared/lifecycle/process.ts';
import { createValvedLog } from '#shared/log/stderr.ts';
import { bothValves } from '#shared/log/valve.ts';
import { systemTimeNanoseconds } from '#shared/native/clock.ts';
import { keepSecretsOutOfCores } from '#shared/native/core-dumps.ts';
import { runProgram } from '#shared/process/node.ts';
import { listenPublicly } from '#shared/socket/public-socket.ts';
import { getentAccounts } from './accounts/getent.ts';
import { systemAgent } from './agent.ts';
import { auditOf } from './audit/open.ts';
import { openChannel } from './channels/open.ts';
import { CHANNEL_SYNTAX, parseChannelSpec } from './channels/spec.ts';
import { maxBytesOf } from './clipboard/rules.ts';
import { type Config, DEFAULT_FILE, DEFAULTS } from './config/config.ts';
import { formatProblem } from './config/findings.ts';
import { formatConfig } from './config/format.ts';
import { Lists } from './config/lists.ts';
import { type Configuration, readConfiguration } from './config/read.ts';
import { parseAbsolutePath, parseLogLevel } from './config/values.ts';
import { EventHub } from './events/hub.ts';
import { FREEZING_SECONDS } from './freeze/freeze.ts';
import { hookPlaces } from './freeze/hooks/places.ts';
import { lifecycleFolders } from './lifecycle/places.ts';
import { demoGate as ovirtDemoGate } from './ovirt/gate.ts';
import { ovirtOptions } from './ovirt/options.ts';
import { type Effects, linuxPlatform, parseEffects } from './platform/linux.ts';
import { parseUinputSpec } from './pointer/spec.ts';
import { PolicyAlarm } from './policy/alarm.ts';
import { gatesOf } from './policy/gates.ts';
import { PolicyInForce } from './policy/in-force.ts';
import { readPolicy } from './policy/read.ts';
import { allGates, demoGate } from './qga/gate.ts';
import { serviceManagerOf } from './service-manager/systemd.ts';
import { keepLinkSocket } from './session-link/socket.ts';
import { linuxSso } from './sso/pam-check.ts';
import { pamCheckPath } from './sso/place.ts';

export const COMMAND_LINE = {
  name: 'uga system-agent',
  summary: 'The one privileged daemon of a guest: serves the host over its channels.',
  options: [
    {
      name: 'config',
      value: 'FILE',
      help: `Configuration file, and FILE.d/*.conf after it (default ${DEFAULT_FILE}).`,
    },
    { name: 'qga', value: 'CHANNEL', help: 'Channel of the QEMU guest agent (default virtio:org.qemu.guest_agent.0).' },
    { name: 'ovirt', value: 'CHANNEL', help: 'Channel of oVirt hosts (default virtio:ovirt-guest-agent.0).' },
    { name: 'vdagent', value: 'CHANNEL', help: 'Channel of SPICE hosts (default virtio:com.redhat.spice.0).' },
    { name: 'policy', value: 'FILE', help: `What hosts may do, see uga-policy(8) (default ${DEFAULTS.policyFile}).` },
    { name: 'link', value: 'PATH', help: `Socket for the agents of login sessions (default ${DEFAULTS.link}).` },
    { name: 'control', value: 'PATH', help: `Socket for status and doctor (default ${DEFAULTS.control}).` },
    { name: 'state-dir', value: 'DIR', help: `Folder for what must outlive a restart (default ${DEFAULTS.stateDir}).` },
    {
      name: 'audit',
      value: 'DIR|off',
      help: `Folder of the log of what hosts do (default ${DEFAULTS.auditDirectory}; with --state-dir its subfolder audit).`,
    },
    {
      name: 'uinput',
      value: 'auto|off|fake:PATH',
      help: 'Where the SPICE pointer goes: a device of its own, else through X11 sessions; nowhere; or as event records to an existing file.',
    },
    { name: 'log-level', value: 'L', help: 'error, warn, info or debug (default info).' },
    { name: 'demo', help: 'Answer only commands that read; everything else is refused and nothing here is changed.' },
    { name: 'dump-config', help: 'Print the configuration in force as a configuration file and exit. Opens nothing.' },
  ],
  positionals: [],
  sections: [
    {
      title: 'Channels',
      text: `CHANNEL = ${CHANNEL_SYNTAX}\nA port that is missing, busy or without a host is waited for.`,
    },
    {
      title: 'Signals',
      text:
        'SIGTERM and SIGINT stop the agent; a second one stops it at once.\n' +
        'SIGHUP reads the lists of allowed and blocked commands and the policy again, and nothing else.',
    },
    { title: 'Exit codes', text: '0 stopped by a signal, 1 could not run, 2 wrong options or configuration' },
  ],
} as const satisfies CommandLine;

type Options = Values<typeof COMMAND_LINE>;

export async function run(argv: readonly string[], io: Io): Promise<number> {
  let options: Options;
  let configuration: Configuration;
  try {
    const parsed = parseCommandLine(COMMAND_LINE, argv);
    if (parsed.help) {
      io.stdout.write(helpText(COMMAND_LINE));
      return 0;
    }
    options = parsed.options;
    configuration = read(options);
  } catch (error) {
    if (error instanceof AgentError) return reportUsage(COMMAND_LINE, error, io);
    throw error;
  }
  const { config } = configuration;
  if (options['dump-config']) {
    io.stdout.write(formatConfig(config));
    return 0;
  }

  // Whatever is created here is nobody else's, unless a file says so itself (S4).
  const umask = process.umask(0o077);
  keepSecretsOutOfCores();
  const { log, valve } = createValvedLog({
    level: config.logLevel,
    fd: 2,
    journal: process.env.JOURNAL_STREAM !== undefined,
  });
  const manager = serviceManagerOf(process.env, log);
  const effects = effectsOf(options);
  log.info('starting', { version: UGA_VERSION, commit: UGA_COMMIT, demo: options.demo, effects });
  const lists = new Lists(configuration, () => read(options), log);
  const policy = new PolicyInForce(config.policyFile, readPolicy, log);
  const events = new EventHub(
    () => Number(systemTimeNanoseconds() / 1000n),
    (event) => policy.enabled('qga', event).allowed,
  );
  const policyGates = gatesOf(policy, new PolicyAlarm(events));
  const audit = keepsAudit(configuration, effects) ? auditOf(config, log) : undefined;
  audit?.onFailed((reason) => events.publish({ event: 'AUDIT_FAILED', data: { reason } }));
  const bus = new BusClient(systemBus(process.env), log);
  const platform = linuxPlatform({
    effects,
    bus,
    environment: process.env,
    umask,
    stateFolder: config.stateDir,
    store: manager,
    freeze: {
      lease: config.freezeLease,
      hooks: hookPlaces(configuration),
      hookSeconds: config.hookSeconds,
      valve: bothValves(valve, audit),
    },
    lifecycleFolders: lifecycleFolders(config),
    policy,
    log,
  });
  const agent = systemAgent({
    channels: {
      qga: openChannel(config.qga, log, manager),
      ovirt: openChannel(config.ovirt, log, manager),
      // Not kept over a restart: the client counts grabs for as long as the port is open, and we begin to count anew.
      vdagent: openChannel(config.vdagent, log),
    },
    platform,
    audit,
    gates: {
      ...policyGates,
      // The policy comes last: what another one refuses does not count against its rates.
      qga: allGates([...(options.demo ? [demoGate] : []), lists.gate, policyGates.qga]),
      ovirt: options.demo ? (name, args) => ovirtDemoGate(name) ?? policyGates.ovirt(name, args) : policyGates.ovirt,
    },
    ovirt: ovirtOptions(config, UGA_VERSION),
    bus,
    sessionRules: {
      locker: config.locker,
      grace: config.logOffGrace,
      onDisconnect: config.onDisconnect,
      notices: config.notices,
    },
    sso: effects === 'real' ? ssoParts(config, bus, policy) : 'refuse',
    link: { listen: () => keepLinkSocket(config.link, manager), allowUids: new Set(config.allowUids) },
    uinput: config.uinput,
    follow: config.follow,
    effects: config.effects,
    files: { folder: config.filesFolder, whenDone: config.filesWhenDone },
    clipboard: {
      direction: config.clipboardDirection,
      kinds: config.clipboardKinds,
      maxBytes: maxBytesOf(config.clipboardMebibytes, config.clipboardTextMebibytes),
    },
    events,
    control: {
      listen: () => listenPublicly(config.control),
      program: {
        version: UGA_VERSION,
        commit: UGA_COMMIT,
        pid: process.pid,
        uid: process.getuid?.() ?? 0,
        effects,
      },
      policy,
      problems: configuration.problems.map(formatProblem),
    },
    manager,
    build: `uga ${UGA_VERSION}`,
    log,
  });
  const stopping = new AbortController();
  if (options.demo) stopWithInput(stopping);
  process.on('SIGHUP', () => {
    lists.reload();
    policy.reload();
  });
  return runUntilSignal(agent, log, stopping, async () => {
    const { phase, leaseLeft = FREEZING_SECONDS } = platform.freeze?.describe() ?? { phase: 'thawed' };
    if (phase === 'thawed') return;
    log.info('the stop waits until the file systems are thawed');
    manager.needTime(leaseLeft);
    await platform.freeze?.thawed();
  });
}

function ssoParts(
  { sso, ssoOtherUser }: Config,
  bus: BusClient,
  policy: PolicyInForce,
): Parameters<typeof systemAgent>[0]['sso'] {
  if (process.geteuid?.() !== 0) return undefined;
  return {
    enabled: sso,
    otherUser: ssoOtherUser,
    find: getentAccounts(runProgram),
    system: linuxSso(runProgram, pamCheckPath(), bus),
    profile: () => policy.policy.profile,
    onPolicy: (listener) => policy.onChange(listener),
  };
}

/** @throws {AgentError} 'invalid-argument' with all that is wrong in our own files */
function read(options: Options): Configuration {
  const configuration = readConfiguration({ file: options.config, overrides: fromOptions(options) });
  const errors = configuration.problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new AgentError('invalid-argument', errors.map(formatProblem).join('\n'));
  return configuration;
}

/** An agent that is to change nothing writes where it was told on its command line, and nowhere else. */
function keepsAudit({ origins }: Configuration, effects: Effects): boolean {
  return effects === 'real' || origins.auditDirectory === 'command line';
}

function effectsOf(options: Options): Effects {
  return options.demo ? 'refuse' : parseEffects(process.env.UGA_EFFECTS);
}

function fromOptions(options: Options): Partial<Config> {
  return {
    ...(options.qga === undefined ? {} : { qga: parseChannelSpec(options.qga) }),
    ...(options.ovirt === undefined ? {} : { ovirt: parseChannelSpec(options.ovirt) }),
    ...(options.vdagent === undefined ? {} : { vdagent: parseChannelSpec(options.vdagent) }),
    ...(options.policy === undefined ? {} : { policyFile: parseAbsolutePath(options.policy) }),
    ...(options.link === undefined ? {} : { link: parseAbsolutePath(options.link) }),
    ...(options.control === undefined ? {} : { control: parseAbsolutePath(options.control) }),
    ...auditFrom(options),
    ...(options.uinput === undefined ? {} : { uinput: parseUinputSpec(options.uinput) }),
    ...(options['state-dir'] === undefined ? {} : { stateDir: parseAbsolutePath(options['state-dir']) }),
    ...(options['log-level'] === undefined ? {} : { logLevel: parseLogLevel(options['log-level']) }),
  };
}

/** Whoever keeps the agent's state elsewhere means the log too. */
function auditFrom({ audit, 'state-dir': stateDir }: Options): Partial<Config> {
  if (audit !== undefined) return { auditDirectory: audit === 'off' ? audit : parseAbsolutePath(audit) };
  return stateDir === undefined ? {} : { auditDirectory: path.join(parseAbsolutePath(stateDir), 'audit') };
}
