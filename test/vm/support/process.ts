import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { AgentError } from '#shared/errors.ts';
import { within } from './wait.ts';

interface RunOptions {
  readonly timeoutMs?: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const MAX_OUTPUT = 16 << 20;

/**
 * Runs a program to its end and gives what it printed on stdout. It never outlives this process.
 * @throws {AgentError} 'failed' with the end of its stderr when it exits with anything but 0 or takes too long.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const [tied, tiedArgs] = tiedToUs(program, args);
  const settings = {
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT,
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...options.env },
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(tied, tiedArgs, settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new AgentError('failed', `${program} ${args.join(' ')}: ${tail(stderr) || error.message}`));
    });
    child.stdin?.on('error', () => {}); // a program that does not read its input says so by its exit status
    child.stdin?.end(options.input ?? '');
  });
}

/** A program that runs beside the test and is killed by the kernel when the test process ends, however it ends. */
export class Companion implements AsyncDisposable {
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #name: string;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.exited = once(child, 'exit').then(() => {});
    this.exited.catch(() => {}); // reported by start()
  }

  /** @param logFile takes both output streams. */
  static async start(program: string, args: readonly string[], logFile: string): Promise<Companion> {
    await using log = await open(logFile, 'a');
    const child = spawn(...tiedToUs(program, args), { stdio: ['ignore', log.fd, log.fd] });
    const companion = new Companion(program, child);
    await once(child, 'spawn');
    return companion;
  }

  /** The same for a program that is spoken to: `stream` writes to its input and reads its output. @param logFile takes stderr @param env besides ours */
  static async talk(
    program: string,
    args: readonly string[],
    logFile: string,
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ companion: Companion; stream: Duplex }> {
    await using log = await open(logFile, 'a');
    const child = spawn(...tiedToUs(program, args), {
      stdio: ['pipe', 'pipe', log.fd],
      env: { ...process.env, ...env },
    });
    const companion = new Companion(program, child);
    await once(child, 'spawn');
    return { companion, stream: Duplex.from({ readable: child.stdout, writable: child.stdin }) };
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new AgentError('failed', `${this.#name} was not started`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIGTERM, and SIGKILL when that is not obeyed. */
  async stop(graceMs = 10_000): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGTERM');
    try {
      await within(graceMs, `${this.#name} to end`, this.exited);
    } catch {
      await this.kill();
    }
  }

  async kill(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The kernel's parent-death signal: the only means that also works when a test run is killed with SIGKILL. */
function tiedToUs(program: string, args: readonly string[]): [string, string[]] {
  return ['setpriv', ['--pdeathsig', 'KILL', '--', program, ...args]];
}

function tail(text: string): string {
  return text.trim().split('\n').slice(-8).join('\n');
}
