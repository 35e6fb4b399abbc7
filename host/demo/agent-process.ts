import { type ChildProcess, spawn } from 'node:child_process';

/** Of what it says on stderr only the end is kept. */
const MAX_TAIL = 16 * 1024;
const LAST_WORDS_MS = 500;

/** An agent that lives as long as this object. */
export class AgentProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #death = new AbortController();
  #stderr = '';
  #end: string | undefined;

  /**
   * @param command program and arguments
   * @param environment added to ours
   * @param termGraceMs how long `stop` waits after SIGTERM
   */
  constructor(
    [program = '', ...args]: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    private readonly termGraceMs = 5_000,
  ) {
    // Its standard input ends with us, even if we are killed: so it can end too.
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_TAIL);
    });
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#end ??= how;
        this.#death.abort();
        resolve();
      };
      this.#child.once('error', (error) => end(`could not be started: ${error.message}`));
      // After 'exit' comes what it said last; a process that it left behind may hold the pipe for ever.
      this.#child.once('exit', () => setTimeout(() => this.#child.stderr?.destroy(), LAST_WORDS_MS).unref());
      this.#child.once('close', (code, signal) => end(signal ? `was ended by ${signal}` : `ended with code ${code}`));
    });
  }

  /** Aborts when the process has ended, whoever ended it. */
  get death(): AbortSignal {
    return this.#death.signal;
  }

  /** How it ended, as the rest of a sentence; undefined while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  lastLines(count: number): string[] {
    return this.#stderr.trimEnd().split('\n').slice(-count);
  }

  /** SIGTERM, and SIGKILL after the grace. Resolves when it is gone. Idempotent. */
  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), this.termGraceMs);
    await this.#ended;
    clearTimeout(kill);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
