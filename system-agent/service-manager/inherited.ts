/** First descriptor that systemd hands down: sd_listen_fds(3), SD_LISTEN_FDS_START. */
const FIRST = 3;
/** Far more than we ever keep (FileDescriptorStoreMax= of our unit is 16). */
const MOST = 64;

/** A descriptor that was handed down to this process. */
export interface Inherited {
  readonly fd: number;
  /** "unknown" where the unit gives no names. */
  readonly name: string;
}

/** What systemd has told this process in its environment. */
export interface ServiceEnvironment {
  /** Socket for notifications: a path, or a NUL and an abstract name. */
  readonly notifySocket: string | undefined;
  /** Milliseconds. */
  readonly watchdogMs: number | undefined;
  readonly inherited: readonly Inherited[];
}

const NAMES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PID'];

/**
 * Reads the variables of sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3), and removes them from `environment`,
 * so that programs that we start do not take them for theirs. What is meant for another process, or is no number, counts
 * as not said.
 */
export function takeServiceEnvironment(environment: NodeJS.ProcessEnv, pid: number): ServiceEnvironment {
  const said = Object.fromEntries(NAMES.map((name) => [name, environment[name]]));
  for (const name of NAMES) delete environment[name];
  const isOurs = (name: string) => said[name] === undefined || said[name] === String(pid);
  return {
    notifySocket: socketOf(said.NOTIFY_SOCKET),
    watchdogMs: isOurs('WATCHDOG_PID') ? watchdogOf(said.WATCHDOG_USEC) : undefined,
    inherited: said.LISTEN_PID === String(pid) ? inheritedOf(said.LISTEN_FDS, said.LISTEN_FDNAMES) : [],
  };
}

function socketOf(text = ''): string | undefined {
  if (text.startsWith('/')) return text;
  return text.startsWith('@') && text.length > 1 ? `\0${text.slice(1)}` : undefined;
}

function watchdogOf(text = ''): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) / 1000 : undefined;
}

function inheritedOf(count = '', names = ''): readonly Inherited[] {
  if (!/^\d{1,3}$/.test(count)) return [];
  const list = names.split(':');
  return Array.from({ length: Math.min(Number(count), MOST) }, (_, index) => ({
    fd: FIRST + index,
    name: list[index] || 'unknown',
  }));
}
