import type { QemuGaConfig } from './config.ts';
import type { LongOption } from './getopt.ts';
import { getoptLong } from './getopt.ts';

export const OPTIONS: readonly LongOption[] = [
  { name: 'help', letter: 'h', argument: 'none' },
  { name: 'version', letter: 'V', argument: 'none' },
  { name: 'config', letter: 'c', argument: 'required' },
  { name: 'dump-conf', letter: 'D', argument: 'none' },
  { name: 'logfile', letter: 'l', argument: 'required' },
  { name: 'pidfile', letter: 'f', argument: 'required' },
  { name: 'fsfreeze-hook', letter: 'F', argument: 'optional' },
  { name: 'verbose', letter: 'v', argument: 'none' },
  { name: 'method', letter: 'm', argument: 'required' },
  { name: 'path', letter: 'p', argument: 'required' },
  { name: 'daemonize', letter: 'd', argument: 'none' },
  { name: 'block-rpcs', letter: 'b', argument: 'required' },
  { name: 'blacklist', letter: 'b', argument: 'required' },
  { name: 'allow-rpcs', letter: 'a', argument: 'required' },
  { name: 'statedir', letter: 't', argument: 'required' },
  { name: 'retry-path', letter: 'r', argument: 'none' },
];

export const FSFREEZE_HOOK = '/etc/qemu/fsfreeze-hook';

/** What a command line asks for besides settings. */
export type Wish = 'serve' | 'help' | 'version' | 'list-commands' | 'dump';

export interface CommandLine {
  readonly wish: Wish;
  /** `--config`, wherever it stands: the file is read before the other options count. */
  readonly configFile: string | undefined;
  /** Sets what the options say, over what the file said. */
  apply(config: QemuGaConfig): void;
  readonly error?: string;
}

/** qemu-ga's options, the scalar ones by the last that is given. */
export function readOptions(argv: readonly string[]): CommandLine {
  const { options, error } = getoptLong(argv, OPTIONS);
  return {
    wish: wishOf(options),
    configFile: options.findLast(({ letter }) => letter === 'c')?.value,
    apply(config) {
      for (const { letter, value } of options) applyOption(config, letter, value ?? '');
    },
    ...(error === undefined ? {} : { error }),
  };
}

/** The first option that ends the program decides, as it does where they are handled one by one. */
function wishOf(options: readonly { readonly letter: string; readonly value: string | undefined }[]): Wish {
  for (const { letter, value } of options) {
    if (letter === 'h') return 'help';
    if (letter === 'V') return 'version';
    if ((letter === 'a' || letter === 'b') && (value === 'help' || value === '?')) return 'list-commands';
  }
  return options.some(({ letter }) => letter === 'D') ? 'dump' : 'serve';
}

function applyOption(config: QemuGaConfig, letter: string, value: string): void {
  switch (letter) {
    case 'l':
      config.logfile = value;
      return;
    case 'f':
      config.pidfile = value;
      return;
    case 'F':
      config.fsfreezeHook = value === '' ? FSFREEZE_HOOK : value;
      return;
    case 'v':
      config.verbose = true;
      return;
    case 'm':
      config.method = value;
      return;
    case 'p':
      config.path = value;
      return;
    case 'd':
      config.daemon = true;
      return;
    case 'b':
      config.blockRpcs.push(value);
      return;
    case 'a':
      config.allowRpcs.push(value);
      return;
    case 't':
      config.statedir = value;
      return;
    case 'r':
      config.retryPath = true;
      return;
  }
}
