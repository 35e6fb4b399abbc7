import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ByteCollector } from '#shared/bytes/collector.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import { Pipes } from '../exec/pipes.ts';

export interface HookRun {
  /** False: there was no process. */
  readonly started: boolean;
  readonly outcome: 'done' | 'failed' | 'timed-out';
  readonly detail?: string;
  /** stdout and stderr, cut. */
  readonly output: string;
  /**
   * Stops reading what programs write that the hook has left behind, as one that holds a lock until the thaw. Before, it
   * is read and thrown away: writing must not end them.
   */
  release(): void;
}

/** How a hook is started. */
export interface HookStart {
  /** Absolute. */
  readonly file: string;
  readonly args: readonly string[];
  /** Beside PATH, HOME and a locale. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What hooks get: ours is stricter than they expect. */
  readonly umask: number;
  /** After this the whole process group is killed. */
  readonly timeoutMs: number;
  /** Kills it too. */
  readonly signal: AbortSignal;
}

/** Of each run of a hook, for the log. */
const MAX_OUTPUT = 4096;
/** For what a hook wrote last, and for the end of a killed one that the kernel does not let go. */
const DRAIN_MS = 200;
const KILL_MS = 5_000;

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
};

/** Neither arguments nor input for the pipes to know of. */
const NOTHING = { args: [], environment: undefined, input: undefined };

type End = Pick<HookRun, 'outcome' | 'detail'>;

/** Runs one hook to its end, without a shell, in a session and process group of its own. Never rejects. */
export async function runHook(hook: HookStart): Promise<HookRun> {
  const output = new ByteCollector(MAX_OUTPUT);
  const keep = (bytes: Uint8Array) => output.add(bytes.subarray(0, MAX_OUTPUT - output.length));
  const pipes = new Pipes({ stdout: keep, stderr: keep });
  const release = () => pipes.close();
  let child: ChildProcess;
  try {
    child = await start(hook, pipes.open({ ...NOTHING, path: hook.file, capture: 'merged' }));
    pipes.closeTheirs();
  } catch (error) {
    release();
    return { started: false, outcome: 'failed', detail: systemErrorText(error), output: '', release };
  }
  const end = await endOf(child, hook.timeoutMs, hook.signal);
  // A program that it left behind may hold the output open for ever.
  await Promise.race([pipes.drained, sleep(DRAIN_MS, undefined, { ref: false })]);
  return { started: true, ...end, output: output.take().toString().trimEnd(), release };
}

function start({ file, args, environment, umask }: HookStart, stdio: Pipes['theirs']): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    // One umask serves the whole process; the child has its own once spawn is back.
    const ours = process.umask(umask);
    try {
      const env = { ...ENVIRONMENT, ...environment };
      const child = spawn(file, [...args], { cwd: '/', env, stdio: [...stdio], detached: true });
      child.once('error', reject);
      if (child.pid !== undefined) resolve(child);
    } finally {
      process.umask(ours);
    }
  });
}

function endOf(child: ChildProcess, timeoutMs: number, signal: AbortSignal): Promise<End> {
  return new Promise((resolve) => {
    let killed: End | undefined;
    let givingUp: NodeJS.Timeout | undefined;
    const kill = (why: End) => {
      killed = why;
      signal.removeEventListener('abort', cancel);
      clearTimeout(deadline);
      killGroup(child);
      givingUp = setTimeout(resolve, KILL_MS, why);
    };
    const cancel = () => kill({ outcome: 'failed', detail: 'cancelled' });
    const deadline = setTimeout(kill, timeoutMs, {
      outcome: 'timed-out',
      detail: `no end within ${timeoutMs / 1000} s`,
    });
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    child.once('exit', (status, name) => {
      signal.removeEventListener('abort', cancel);
      clearTimeout(deadline);
      clearTimeout(givingUp);
      resolve(killed ?? endingOf(status, name));
    });
  });
}

function endingOf(status: number | null, signal: string | null): End {
  if (status === 0) return { outcome: 'done' };
  return { outcome: 'failed', detail: signal === null ? `status ${status}` : `killed by ${signal}` };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
  }
}
