import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Reason for a skip if the program is not installed, else false: what `it(name, { skip })` takes. */
export function without(program: string): string | false {
  return locate(program) === undefined ? `${program} is not installed` : false;
}

export function locate(program: string): string | undefined {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
    .map((folder) => path.join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A private folder that goes with the test. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const folder = mkdtempSync(path.join(tmpdir(), 'uga-test-'));
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A program that the test started, ended with it. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  stderr = '';
  stdout = '';

  /** @param descriptors that the program gets as 3 and so on */
  constructor(
    argv: readonly [string, ...string[]],
    environment: NodeJS.ProcessEnv = process.env,
    descriptors: readonly number[] = [],
  ) {
    const [file, ...args] = argv;
    this.#child = spawn(file, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe', ...descriptors] });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until stderr matches, behind its first `from` characters. */
  async said(pattern: RegExp, from = 0): Promise<void> {
    const matches = () => pattern.test(this.stderr.slice(from));
    await until(() => matches() || !this.running, `stderr to match ${pattern}`);
    if (!matches()) throw new Error(`ended first: ${this.stderr}`);
  }

  /** Waits until the program listens on a socket, or has ended without. */
  async socket(file: string): Promise<void> {
    await until(() => !this.running || isListening(file), `socket ${file}`);
    if (!this.running) throw new Error(`ended without a socket: ${this.stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGTERM');
    const deadline = setTimeout(() => this.kill('SIGKILL'), 5_000);
    await this.exited.catch(() => {});
    clearTimeout(deadline);
  }
}

/**
 * Asks every few milliseconds until the answer is yes; generous, because a program that is read from a cold disk on a
 * busy machine is no defect. @throws after `timeoutMs`, naming what did not happen
 */
export async function until(test: () => boolean, what: string, timeoutMs = 30_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!test()) {
    if (Date.now() > end) throw new Error(`did not happen within ${timeoutMs} ms: ${what}`);
    await sleep(5);
  }
}

/** A file alone says nothing: between bind and listen nobody is let in. */
function isListening(file: string): boolean {
  return readFileSync('/proc/net/unix', 'latin1')
    .split('\n')
    .map((line) => line.split(/\s+/))
    .some(([, , , flags, , , , path]) => path === file && flags === SO_ACCEPTCON);
}

const SO_ACCEPTCON = '00010000';
