import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { errnoOf } from '#shared/errors.ts';
import { checked, libc } from './libc.ts';
import { watchOwned } from './owned-watch.ts';
import { type Watch, watchReadiness } from './readiness.ts';

/**
 * Programs by posix_spawn(3). Node's `spawn` costs four times as much, and takes a program that a real-time signal ended
 * for one that went well.
 */
const posixSpawn: (
  pid: Int32Array,
  file: string,
  actions: Uint8Array,
  attributes: Uint8Array,
  argv: readonly (string | null)[],
  environment: readonly (string | null)[],
) => number = libc.func('posix_spawn', 'int', [
  'void *',
  'const char *',
  'const void *',
  'const void *',
  'const char **',
  'const char **',
]);
const actionsInit: (actions: Uint8Array) => number = libc.func('int posix_spawn_file_actions_init(void *actions)');
const actionsDestroy: (actions: Uint8Array) => number = libc.func(
  'int posix_spawn_file_actions_destroy(void *actions)',
);
const addDuplicate: (actions: Uint8Array, fd: number, as: number) => number = libc.func(
  'int posix_spawn_file_actions_adddup2(void *actions, int fd, int as)',
);
const addOpen: (actions: Uint8Array, fd: number, path: string, flags: number, mode: number) => number = libc.func(
  'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, unsigned int mode)',
);
const attributesInit: (attributes: Uint8Array) => number = libc.func('int posix_spawnattr_init(void *attributes)');
const setFlags: (attributes: Uint8Array, flags: number) => number = libc.func(
  'int posix_spawnattr_setflags(void *attributes, short flags)',
);
const setMask: (attributes: Uint8Array, set: Uint8Array) => number = libc.func(
  'int posix_spawnattr_setsigmask(void *attributes, const void *set)',
);
const setDefault: (attributes: Uint8Array, set: Uint8Array) => number = libc.func(
  'int posix_spawnattr_setsigdefault(void *attributes, const void *set)',
);
const waitpid: (pid: number, status: Int32Array, options: number) => number = libc.func(
  'int waitpid(int pid, void *status, int options)',
);
const syscall: (number: number, first: number, second: number) => number | bigint = libc.func(
  'int64_t syscall(int64_t number, int64_t first, int64_t second)',
);

/** More than any C library has for them: 80 and 336 bytes in glibc and musl, and 128 for a set of signals. <spawn.h> */
const ACTIONS_SIZE = 512;
const ATTRIBUTES_SIZE = 1024;
const SIGNALS_SIZE = 128;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const O_RDWR = 2;
const WNOHANG = 1;
const SYS_PIDFD_OPEN = 434;

/** Where there is no pidfd to be woken by: out of descriptors, or a kernel before Linux 5.3. */
const LOOK_EVERY_MS = 100;
const SHELL = '/bin/sh';

/** A descriptor of ours, or /dev/null. */
export type Stdio = number | 'ignore';

export interface ProgramStart {
  /** A path; nothing is looked for. */
  readonly file: string;
  /** The first is the name that the program sees. */
  readonly argv: readonly [string, ...string[]];
  /** `NAME=value` */
  readonly environment: readonly string[];
  readonly stdio: readonly [Stdio, Stdio, Stdio];
  readonly umask: number;
}

/** Either. The number of the signal, real-time ones too. */
export type HowEnded = { readonly exitCode: number } | { readonly signal: number };

export interface ChildProgram {
  readonly pid: number;
  /** Settles when it has ended and is reaped. */
  readonly ended: Promise<HowEnded>;
  /** Stops waiting for it: `ended` never settles, and nothing of it holds up our own end. */
  abandon(): void;
}

/**
 * Starts a program in our process group, with all signals as they are by default. What is no binary and names no
 * interpreter is read by sh, as execvp(3) has it. Comes back when the program has begun, so a file that cannot be read
 * holds up the caller.
 *
 * @throws {Error} errno error: ENOENT, EACCES, E2BIG, EAGAIN ..., EINVAL for text with a NUL
 */
export function startProgram(start: ProgramStart): ChildProgram {
  const { file, argv, environment, umask } = start;
  if ([file, ...argv, ...environment].some((text) => text.includes('\0'))) throw spawnError(constants.errno.EINVAL);
  const actions = new Uint8Array(ACTIONS_SIZE);
  const pid = new Int32Array(1);
  succeeded(actionsInit(actions));
  // One umask serves the whole process; the program has its own once it has begun.
  const ours = process.umask(umask);
  try {
    for (const [fd, source] of start.stdio.entries()) {
      succeeded(source === 'ignore' ? addOpen(actions, fd, '/dev/null', O_RDWR, 0) : addDuplicate(actions, source, fd));
    }
    const run = (path: string, words: readonly string[]) =>
      posixSpawn(pid, path, actions, attributes, [...words, null], [...environment, null]);
    const failed = run(file, argv);
    succeeded(failed === constants.errno.ENOEXEC ? run(SHELL, [SHELL, file, ...argv.slice(1)]) : failed);
  } finally {
    process.umask(ours);
    actionsDestroy(actions);
  }
  return new Child(pid[0] ?? 0);
}

/** No signal is blocked, and those that we ignore are not ignored. */
const attributes = new Uint8Array(ATTRIBUTES_SIZE);
attributesInit(attributes);
setMask(attributes, new Uint8Array(SIGNALS_SIZE));
setDefault(attributes, new Uint8Array(SIGNALS_SIZE).fill(0xff));
setFlags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

class Child implements ChildProgram {
  readonly ended: Promise<HowEnded>;
  #settle: (how: HowEnded) => void = () => {};
  readonly #watch: Watch;

  constructor(readonly pid: number) {
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#watch = watchEnd(pid, () => this.#look());
  }

  abandon(): void {
    this.#watch.close();
  }

  #look(): void {
    const status = new Int32Array(1);
    if (waitpid(this.pid, status, WNOHANG) !== this.pid) return;
    this.#watch.close();
    this.#settle(howEnded(status[0] ?? 0));
  }
}

/** wait(2): a signal's number in seven bits, or an exit status in the next byte. */
function howEnded(status: number): HowEnded {
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: (status >> 8) & 0xff } : { signal };
}

/** A pidfd is readable when its process has ended. */
function watchEnd(pid: number, look: () => void): Watch {
  try {
    const pidfd = checked(Number(syscall(SYS_PIDFD_OPEN, pid, 0)), 'pidfd_open');
    return watchOwned(pidfd, () => watchReadiness(pidfd, look, { writable: false }));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    const timer = setInterval(look, LOOK_EVERY_MS).unref();
    return { close: () => clearInterval(timer) };
  }
}

function succeeded(errno: number): void {
  if (errno !== 0) throw spawnError(errno);
}

function spawnError(errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${code}: posix_spawn`), { code, errno: -errno, syscall: 'posix_spawn' });
}
