import { formatGroup, type KeyFileEntry, parseBoolean, parseKeyFile } from '#shared/config/key-file.ts';
import { AgentError } from '#shared/errors.ts';

/** qemu-ga's settings, as its configuration file and its options give them. */
export interface QemuGaConfig {
  daemon: boolean;
  method: string;
  path: string | undefined;
  logfile: string | undefined;
  pidfile: string;
  fsfreezeHook: string | undefined;
  statedir: string;
  verbose: boolean;
  retryPath: boolean;
  /** Lists as they were written, one element for each place that gave one. */
  blockRpcs: string[];
  allowRpcs: string[];
}

export const DEFAULT_PATHS: Readonly<Record<string, string>> = {
  'virtio-serial': '/dev/virtio-ports/org.qemu.guest_agent.0',
  'isa-serial': '/dev/ttyS0',
};

export function defaultConfig(): QemuGaConfig {
  return {
    daemon: false,
    method: 'virtio-serial',
    path: undefined,
    logfile: undefined,
    pidfile: '/var/run/qemu-ga.pid',
    fsfreezeHook: undefined,
    statedir: '/var/run',
    verbose: false,
    retryPath: false,
    blockRpcs: [],
    allowRpcs: [],
  };
}

const GROUP = 'general';

/**
 * Applies the `[general]` group of qemu-ga.conf. Keys that are not known are left alone, as qemu-ga does.
 * @param warn is told of what still works but should be written in another way
 * @throws {AgentError} 'invalid-argument'
 */
export function applyConfigFile(
  config: QemuGaConfig,
  text: string,
  file: string,
  warn: (message: string) => void,
): void {
  for (const entry of parseKeyFile(text, file)) if (entry.group === GROUP) applyEntry(config, entry, file, warn);
}

function applyEntry(config: QemuGaConfig, entry: KeyFileEntry, file: string, warn: (message: string) => void): void {
  const { key, value } = entry;
  const boolean = () => {
    const parsed = parseBoolean(value);
    if (parsed !== undefined) return parsed;
    throw new AgentError(
      'invalid-argument',
      `${file}:${entry.line}: key '${key}' is neither true nor false: '${value}'`,
    );
  };
  switch (key) {
    case 'daemon':
      config.daemon = boolean();
      return;
    case 'method':
      config.method = value;
      return;
    case 'path':
      config.path = value;
      return;
    case 'logfile':
      config.logfile = value;
      return;
    case 'pidfile':
      config.pidfile = value;
      return;
    case 'fsfreeze-hook':
      config.fsfreezeHook = value;
      return;
    case 'statedir':
      config.statedir = value;
      return;
    case 'verbose':
      config.verbose = boolean();
      return;
    case 'retry-path':
      config.retryPath = boolean();
      return;
    case 'blacklist':
      warn("config using deprecated 'blacklist' key, should be replaced with the 'block-rpcs' key.");
      config.blockRpcs.push(value);
      return;
    case 'block-rpcs':
      config.blockRpcs.push(value);
      return;
    case 'allow-rpcs':
      config.allowRpcs.push(value);
      return;
  }
}

/**
 * Names of one list. qemu-ga splits at commas only, but its file is documented as a list with semicolons; taking both
 * blocks what the administrator meant.
 */
export function listedNames(lists: readonly string[]): ReadonlySet<string> {
  return new Set(
    lists
      .flatMap((list) => list.split(/[,;]/))
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
}

/** `--dump-conf`: in qemu-ga's order. */
export function formatQemuGaConfig(config: QemuGaConfig): string {
  const path = config.path ?? DEFAULT_PATHS[config.method];
  const present = (key: string, value: string | undefined) => (value === undefined ? [] : [[key, value] as const]);
  return formatGroup(GROUP, [
    ['daemon', String(config.daemon)],
    ['method', config.method],
    ...present('path', path),
    ...present('logfile', config.logfile),
    ['pidfile', config.pidfile],
    ...present('fsfreeze-hook', config.fsfreezeHook),
    ['statedir', config.statedir],
    ['verbose', String(config.verbose)],
    ['retry-path', String(config.retryPath)],
    ['block-rpcs', config.blockRpcs.join(',')],
    ['allow-rpcs', config.allowRpcs.join(',')],
  ]);
}
